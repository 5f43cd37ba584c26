import { call } from "/operator/api.js";
import { element, table } from "/operator/elements.js";
import { failure } from "/operator/form.js";

/** Every setting of this node: what differs from the default first. */
export function settings() {
  const shown = element("div", {}, element("p.empty", {}, "Asking this node…"));
  const filter = element("input", { type: "search", "aria-label": "Filter", placeholder: "Filter by a name or a word", oninput: () => show() });
  let all = [];

  function show() {
    const word = filter.value.trim().toLowerCase();
    const found = all.filter(one => !word || `${one.name} ${one.description} ${one.feature}`.toLowerCase().includes(word));
    const rows = which => which.map(({ name, value, default: unset, description, allowed }) => [
      element("code", {}, name), element("code", {}, value || "empty"), element("code", {}, unset || "empty"), element("div", {}, description, element("div.allowed", {}, allowed)),
    ]);
    const part = (title, which, empty) => element("section", {}, element("h2", {}, title), table(["Setting", "Value", "Default", "What it does"], rows(which), empty));
    shown.replaceChildren(
      part("Different from the default", found.filter(one => one.changed), "None."),
      part("As by default", found.filter(one => !one.changed), "None."));
  }

  call("/v1/settings").then(answer => {
    all = answer;
    show();
  }, error => shown.replaceChildren(failure(error)));
  return [element("p.say", {}, "Settings are environment variables, read at start. Secrets are hidden."), filter, shown];
}
