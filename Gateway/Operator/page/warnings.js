import { call } from "/operator/api.js";
import { element, moment } from "/operator/elements.js";
import { failure } from "/operator/form.js";

const between = 5000;

/** The last warnings and errors of this node's log. */
export function warnings(signal) {
  const list = element("div", {}, element("p.empty", {}, "Asking this node…"));
  show();

  async function show() {
    while (!signal.aborted) {
      try {
        const all = await call("/v1/warnings", { signal });
        list.replaceChildren(all.length === 0 ? element("p.well", {}, "No warning since this node started.") : element("ol.log", {}, all.map(line)));
      } catch (error) {
        list.replaceChildren(failure(error));
      }

      await new Promise(resolve => setTimeout(resolve, between));
    }
  }

  return [element("p.say", {}, "The last 200 warnings and errors of this node's log, the newest first."), list];
}

function line({ time, level, category, event, text }) {
  return element(`li.${level === "error" ? "bad" : "warning"}`, {},
    element("time", {}, moment(time)), element("span.text", {}, text), element("code.metric", { title: category }, event ?? category));
}
