import { element } from "/operator/elements.js";

/**
 * A form with a title, fields and a button. What "act" answers, an element or a text, is shown below it; so is what it throws.
 * "act" gets the values of the fields by their names.
 */
export function form({ title, say, fields, button, danger = false, act }) {
  const answer = element("div.answer", { "aria-live": "polite" });
  const submit = element(danger ? "button.danger" : "button.primary", {}, button);
  const made = element("form.card", {
    "aria-label": title,
    onsubmit: async event => {
      event.preventDefault();
      submit.disabled = true;
      try {
        answer.replaceChildren(await act(Object.fromEntries(new FormData(made))) ?? "");
      } catch (error) {
        answer.replaceChildren(failure(error));
      } finally {
        submit.disabled = false;
      }
    },
  },
  element("h3", {}, title),
  say ? element("p.say", {}, say) : null,
  element("div.fields", {}, fields, submit),
  answer);
  return made;
}

export const failure = error => element("p.bad", { role: "alert" }, error.message);

export const field = (label, name, attributes = {}) =>
  element("label", {}, label, " ", element("input", { name, autocomplete: "off", spellcheck: "false", ...attributes }));

export const area = (label, name, attributes = {}) =>
  element("label.wide", {}, label, " ", element("textarea", { name, rows: "4", autocomplete: "off", spellcheck: "false", ...attributes }));

export const choice = (label, name, options) =>
  element("label", {}, label, " ", element("select", { name }, options.map(([value, text]) => element("option", { value }, text))));

/** A button that asks once more before it acts, and then says what became of it in its place. */
export function sureButton(text, act) {
  const button = element("button.danger.small", { type: "button" }, text);
  let isSure = false;
  button.addEventListener("click", async () => {
    if (!isSure) {
      isSure = true;
      button.textContent = `${text}: sure?`;
      return;
    }

    button.disabled = true;
    try {
      button.replaceWith(await act());
    } catch (error) {
      button.replaceWith(failure(error));
    }
  });
  button.addEventListener("blur", () => {
    isSure = false;
    button.textContent = text;
  });
  return button;
}
