import { call, part, send } from "/operator/api.js";
import { duration, element, moment, table } from "/operator/elements.js";
import { choice, failure, field, form, sureButton } from "/operator/form.js";

/** Who is not let in although the token is good. */
export function blacklist() {
  const list = element("div");
  const pathOf = entry => entry.user === undefined ? `/v1/blacklist/${part(entry.jti)}` : `/v1/blacklist/users/${part(entry.user)}`;

  async function show() {
    try {
      list.replaceChildren(...await page(""));
    } catch (error) {
      list.replaceChildren(failure(error));
    }
  }

  async function page(after) {
    const { entries, next } = await call(`/v1/blacklist?limit=100&after=${part(after)}`);
    return [
      table(["Who", "Until", ""], entries.map(entry => [
        entry.user === undefined ? ["session ", element("code", {}, entry.jti)] : ["user ", element("b", {}, entry.user), `, tokens issued until ${moment(entry.issued_until * 1000)}`],
        entry.expires_at > 1e11 ? "for ever" : `${moment(entry.expires_at * 1000)} (in ${duration(entry.expires_at - Date.now() / 1000)})`,
        sureButton("Lift", async () => {
          await send("DELETE", pathOf(entry));
          return element("span.good", {}, "lifted");
        }),
      ]), after ? "No more entries." : "Nobody is on the blacklist."),
      next ? element("button", { type: "button", onclick: async event => event.target.replaceWith(...await page(next)) }, "More") : null,
    ].filter(part => part);
  }

  show();
  return [
    form({
      title: "Shut somebody out",
      say: "Open connections end at once, on every node. A user can come back with a token that is issued later; a session cannot.",
      fields: [
        choice("Whom", "kind", [["user", "a user"], ["jti", "a session (jti)"]]),
        field("Name or jti", "name", { required: true }),
        choice("For", "seconds", [["", "the default time"], ["3600", "an hour"], ["86400", "a day"], ["604800", "a week"], ["2592000", "30 days"]]),
      ],
      button: "Shut out",
      danger: true,
      act: async ({ kind, name, seconds }) => {
        const path = kind === "user" ? `/v1/blacklist/users/${part(name)}` : `/v1/blacklist/${part(name)}`;
        const { expires_at: until } = await send("PUT", path, seconds ? JSON.stringify({ ttl_seconds: Number(seconds) }) : undefined);
        await show();
        return element("p.good", {}, `Shut out until ${moment(until * 1000)}, on every node.`);
      },
    }),
    element("section", {}, element("h2", {}, "On the blacklist"), list),
  ];
}
