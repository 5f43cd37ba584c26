import { call, part, send } from "/operator/api.js";
import { ago, count, element, moment, table } from "/operator/elements.js";
import { area, field, form, sureButton } from "/operator/form.js";

/** Finds a user, a session, why a token is refused, and who would hear a message. */
export function find() {
  return [
    form({
      title: "A user",
      say: "Is the user online, where, since when, and from what addresses?",
      fields: [field("User", "user", { required: true })],
      button: "Find",
      act: ({ user }) => findUser(user),
    }),
    form({
      title: "A session",
      say: "What does a session listen to? It is named by its token's jti.",
      fields: [field("jti", "jti", { required: true })],
      button: "Find",
      act: ({ jti }) => findSession(jti),
    }),
    form({
      title: "Why is this token refused?",
      say: "It is judged by this node, with its keys and its blacklist, and written nowhere.",
      fields: [area("Token", "token", { required: true })],
      button: "Judge it",
      act: ({ token }) => judge(token),
    }),
    form({
      title: "Who would hear this message?",
      say: "The message is not sent.",
      fields: [area("Message, as POST /v1/messages takes it", "message", { required: true, placeholder: '{"user":"alice","text":"Hi"}' })],
      button: "Ask",
      act: ({ message }) => whoHears(message),
    }),
  ];
}

const endSession = (user, jti) => sureButton("End session", async () => {
  await send("DELETE", `/v1/users/${part(user)}/sessions/${part(jti)}`);
  return element("span.good", {}, "ended, on every node");
});

async function findUser(name) {
  const { user, online, since, nodes, sessions } = await call(`/v1/users/${part(name)}`);
  if (!online) {
    return element("p", {}, element("b", {}, user), " is not online.");
  }

  return element("div", {},
    element("p", {}, element("b", {}, user), ` is online since ${moment(since)} (${ago(since)}), with ${count(sessions.length)} connection${sessions.length === 1 ? "" : "s"} on ${nodes.join(", ")}.`),
    table(["jti", "Node", "Since", "Token until", "Address", "Device", ""], sessions.map(session => [
      element("code", {}, session.jti), element("code", {}, session.node), moment(session.since), session.expires_at ? moment(session.expires_at * 1000) : "for ever",
      session.meta.address, [session.meta.device, session.meta.browser].filter(known => known).join(", "), endSession(user, session.jti),
    ]), ""));
}

async function findSession(jti) {
  const { user, expires_at: expires, nodes, channels } = await call(`/v1/sessions/${part(jti)}`).catch(error => {
    throw error.status === 404 && error.message === "Not found" ? new Error("This session listens to nothing, on no node.") : error;
  });
  return element("div", {},
    element("p", {}, "The session is ", element("b", {}, user), `'s, on ${nodes.join(", ")}; its token ends ${expires ? moment(expires * 1000) : "never"}. `, endSession(user, jti)),
    table(["Listens to", "Since", "Address"], channels.map(({ topic, meta }) => [topic, moment(meta.time), meta.address]), ""));
}

async function judge(token) {
  const { accepted, findings, header, claims } = await call("/v1/tokens/check", { method: "POST", body: token.trim(), headers: { "content-type": "text/plain" } });
  return element("div", {},
    element(accepted ? "p.good" : "p.bad", {}, accepted ? "This node accepts it." : "This node refuses it."),
    element("ul.mistakes", {}, findings.map(({ word, sentence }) => element("li", {}, element("code", {}, word), " ", sentence))),
    header ? element("pre", {}, JSON.stringify(header, null, 2)) : null,
    claims ? element("pre", {}, JSON.stringify(claims, null, 2)) : null);
}

async function whoHears(message) {
  const { topic, here, everywhere, listeners = [] } = await send("POST", "/v1/messages/listeners", message);
  const elsewhere = everywhere === null ? "; nobody keeps who listens to other nodes (PRESENCE_ENABLED is false)" : `, ${count(everywhere)} on all nodes`;
  return element("div", {},
    element("p", {}, "It goes to ", element("code", {}, topic), `, which ${count(here)} connection${here === 1 ? "" : "s"} of this node listen${here === 1 ? "s" : ""} to${elsewhere}.`),
    listeners.length > 0 ? table(["User", "jti", "Node", "Since"], listeners.map(({ user, jti, node, since }) => [user, element("code", {}, jti), element("code", {}, node), moment(since)]), "") : null);
}
