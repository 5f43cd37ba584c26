import { poll } from "/operator/api.js";
import { element, moment, renew } from "/operator/elements.js";
import { failure } from "/operator/form.js";

const between = 5000;

/** The last warnings and errors of this node. */
export function warnings(signal) {
  const list = element("div", {}, element("p.empty", {}, "Asking this node…"));
  poll("/v1/warnings", between, signal,
    all => renew(list, all.length === 0 ? element("p.well", {}, "No warning since this node started.") : element("ol.log", {}, all.map(line))),
    error => renew(list, failure(error)));
  return [element("p.say", {}, "The last 200 warnings and errors of this node, whatever LOG_LEVEL says, the newest first."), list];
}

function line({ time, level, category, event, text }) {
  return element(`li.${level === "error" ? "bad" : "warning"}`, { "data-key": `${time} ${event} ${text}` },
    element("time", {}, moment(time)), element("span.text", {}, text), element("code.metric", { title: category }, event ?? category));
}
