import { call, part, send } from "/operator/api.js";
import { element, table } from "/operator/elements.js";
import { choice, failure, field, form, sureButton } from "/operator/form.js";
import { placeOf } from "/operator/json.js";

const example = {
  id: "books",
  name: "books",
  version_data: { default: { endpoints: [{ id: "one-book", method: "GET", path: "/books/{id}", not_secured: true }] } },
  proxy: { use_env: false, target_url: "http://localhost", port: 3000 },
};

/** The API definitions: what is passed on, and where to. */
export function apis() {
  const list = element("div");
  const editor = element("div");

  async function show() {
    try {
      const all = await call("/v1/apis");
      list.replaceChildren(table(["API", "Goes to", "Endpoints", ""], all.map(api => [
        [element("b", {}, api.name ?? api.id), " ", element("code", {}, api.id)],
        target(api),
        endpoints(api).map(({ method, path }) => element("div", {}, element("code", {}, `${method} ${path}`))),
        [element("button.small", { type: "button", onclick: () => edit(api) }, "Edit"), " ", sureButton("Delete", async () => {
          await send("DELETE", `/v1/apis/${part(api.id)}`);
          show();
          return element("span.good", {}, "deleted, on every node");
        })],
      ]), "There is no API definition: nothing is passed on."));
    } catch (error) {
      list.replaceChildren(failure(error));
    }
  }

  function edit(api, isNew = false) {
    editor.replaceChildren(editorOf(api, isNew, show));
    editor.querySelector("textarea").focus();
  }

  show();
  return [
    element("section", {},
      element("h2", {}, "API definitions"),
      list,
      element("button", { type: "button", onclick: () => edit(example, true) }, "Add a definition")),
    editor,
    form({
      title: "Try a path",
      say: "Which endpoint would take a call? Nothing is called.",
      fields: [choice("Method", "method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].map(method => [method, method])), field("Path", "path", { required: true, placeholder: "/books/1" })],
      button: "Try",
      act: async ({ method, path }) => {
        const { route, why } = await call(`/v1/routes?method=${part(method)}&path=${part(path)}`);
        return route
          ? element("p.good", {}, element("code", {}, `${route.method} ${route.path}`), ` of `, element("b", {}, route.api), ` takes it, ${route.secured ? "with a token" : "without a token"}, and calls `, element("code", {}, route.target), why ? `. ${why}` : "")
          : element("p.bad", {}, `Answered with 404: ${why}`);
      },
    }),
  ];
}

const endpoints = api => api.version_data?.default?.endpoints ?? [];

const target = ({ proxy }) => proxy ? element("code", {}, proxy.use_env ? `$${proxy.target_url}:${proxy.port}` : `${proxy.target_url}:${proxy.port}`) : "Kafka";

function editorOf(api, isNew, done) {
  const text = element("textarea", { rows: "18", spellcheck: "false", "aria-label": "The definition, as JSON" });
  text.value = JSON.stringify(api, null, 2);
  const mistakes = element("div", { "aria-live": "polite" });
  const button = element("button.primary", { type: "button", onclick: () => save() }, isNew ? "Add" : "Save");

  async function save() {
    let given;
    try {
      given = JSON.parse(text.value);
    } catch (error) {
      mistakes.replaceChildren(element("p.bad", { role: "alert" }, `This is not JSON: ${error.message}`));
      return;
    }

    try {
      await (isNew ? send("POST", "/v1/apis", text.value) : send("PUT", `/v1/apis/${part(api.id)}`, text.value));
      mistakes.replaceChildren(element("p.good", {}, `${given.id ?? api.id} is in force, on every node.`));
      // What was added is changed from now on.
      [isNew, api] = [false, { ...api, id: given.id ?? api.id }];
      button.textContent = "Save";
      done();
    } catch (error) {
      mistakes.replaceChildren(error.mistakes?.length > 0 ? element("ul.mistakes", {}, error.mistakes.map(mistake)) : failure(error));
    }
  }

  // A mistake begins with its field, as in "version_data.default.endpoints[0].path: expected …".
  function mistake(said) {
    const place = placeOf(text.value, said.slice(0, said.indexOf(":")));
    return element("li.bad", {}, place
      ? element("button.small", {
        type: "button",
        onclick: () => {
          text.focus();
          text.setSelectionRange(place.start, place.end);
          text.scrollTop = (place.line - 3) * (text.scrollHeight / text.value.split("\n").length);
        },
      }, `line ${place.line}`)
      : null, " ", said);
  }

  return element("section.card", {}, element("h3", {}, isNew ? "A new definition" : `The definition ${api.id}`), text, mistakes, button);
}
