import { milliseconds, transports } from "/demo/transports.js";

const settings = JSON.parse(document.querySelector("meta[name=rig-kafka]").content);
const external = `${location.protocol}//${location.hostname}:${settings.port}`;
const panes = new Set();
const backOff = [1, 2, 5, 10];
const offlineSeconds = 10;

// Milliseconds since 1970 like Date.now(), but finer: a message is often there within one.
const now = () => performance.timeOrigin + performance.now();

class Pane {
  #element = document.querySelector("#pane").content.firstElementChild.cloneNode(true);
  #form = this.#element.querySelector("form");
  #end = () => {};
  #timer;
  #attempts = 0;
  #lastEventId = "";
  #backAt = 0;
  #sessionPath;

  constructor({ user, roles = "", topic = "", transport = "sse" }) {
    const { elements } = this.#form;
    elements.transport.append(...Object.entries(transports).map(([value, { name }]) => new Option(name, value)));
    [elements.user.value, elements.roles.value, elements.topic.value] = [user, roles, topic];
    elements.transport.value = transport in transports ? transport : "sse";
    this.#form.addEventListener("input", () => this.#describe());
    this.#form.addEventListener("submit", event => {
      event.preventDefault();
      this.connect();
    });
    elements.disconnect.addEventListener("click", () => this.#disconnect());
    elements.offline.addEventListener("click", () => this.#element.dataset.state === "offline" ? this.#open() : this.#goOffline());
    elements.kick.addEventListener("click", () => this.#kick());
    this.#element.querySelector("[name=remove]").addEventListener("click", () => this.#remove());
    document.querySelector("#panes").append(this.#element);
    panes.add(this);
    this.#describe();
    this.#be("off");
  }

  get who() {
    const { user, roles, topic, transport } = this.#form.elements;
    return { user: user.value.trim(), roles: roles.value.trim(), topic: topic.value.trim(), transport: transport.value };
  }

  connect() {
    this.#attempts = 0;
    this.#lastEventId = "";
    keepInAddress();
    return this.#open();
  }

  async #open() {
    this.#stop();
    const { user, roles, topic, transport } = this.who;
    this.#be("connecting", `to ${topic || `user:${user}`} by ${transports[transport].name}`);
    const heard = this.#listener(topic || `user:${user}`);
    this.#end = heard.forget;
    try {
      const response = await fetch(`/demo/token?${new URLSearchParams({ user, roles })}`, { method: "POST" });
      const token = await response.text();
      if (!response.ok) {
        throw new Error(`no token: ${response.status} ${token}`);
      }

      if (heard.isWanted()) {
        this.#sessionPath = `/v1/users/${encodeURIComponent(user)}/sessions/${encodeURIComponent(claimsOf(token).jti)}`;
        this.#form.elements.kick.title = `DELETE ${this.#sessionPath}`;
        const close = transports[transport].open({ external, token, topic: topic || `user:${user}`, lastEventId: this.#lastEventId }, heard);
        this.#end = () => {
          heard.forget();
          close();
        };
      }
    } catch (error) {
      heard.lost(error.message);
    }
  }

  // What one connection tells; nothing of it counts once another one, or the end, has taken its place.
  #listener(topic) {
    let isWanted = true;
    const whileWanted = tell => (...told) => isWanted && tell(...told);
    const lastly = tell => whileWanted((...told) => {
      this.#stop();
      tell(...told);
    });
    return {
      isWanted: () => isWanted,
      forget: () => isWanted = false,
      joined: whileWanted(id => {
        this.#attempts = 0;
        this.#backAt = this.#lastEventId ? now() : 0;
        this.#lastEventId = id;
        this.#be("joined", topic);
      }),
      denied: lastly(response => this.#be("denied", typeof response === "string" ? response : JSON.stringify(response))),
      message: whileWanted((payload, id) => {
        this.#show(payload);
        this.#lastEventId = id;
      }),
      gap: whileWanted(({ reason }, id) => {
        this.#note("gap", `${reason}: messages may be missing here`);
        this.#backAt = 0;
        this.#lastEventId = id;
      }),
      position: whileWanted((_, id) => this.#lastEventId = id),
      expiring: whileWanted(payload => this.#note("token_expiring", `at ${new Date(payload.expires_at * 1000).toLocaleTimeString()}`)),
      closing: lastly(({ reason, reconnect }) => {
        this.#be("closing", reconnect ? reason : `${reason}, not to come back`);
        if (reconnect) {
          this.#comeBack();
        }
      }),
      lost: lastly(text => {
        this.#be("lost", text);
        this.#comeBack();
      }),
      beat: whileWanted(text => this.#element.querySelector(".beat").textContent = text),
    };
  }

  #comeBack() {
    const seconds = backOff[Math.min(this.#attempts++, backOff.length - 1)];
    this.#element.querySelector(".beat").textContent = `comes back with a fresh token in ${seconds} s`;
    this.#timer = setTimeout(() => this.#open(), seconds * 1000);
  }

  #goOffline() {
    this.#stop();
    this.#be("offline", "and will ask for what it missed");
    this.#countDown(offlineSeconds);
  }

  #countDown(seconds) {
    if (seconds === 0) {
      this.#open();
      return;
    }

    this.#form.elements.offline.textContent = `Back in ${seconds} s`;
    this.#timer = setTimeout(() => this.#countDown(seconds - 1), 1000);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#end();
    this.#end = () => {};
    this.#element.querySelector(".beat").textContent = "";
  }

  #disconnect() {
    this.#stop();
    this.#be("off", "disconnected");
  }

  #remove() {
    this.#stop();
    this.#element.remove();
    panes.delete(this);
    keepInAddress();
  }

  async #kick() {
    try {
      const response = await fetch(this.#sessionPath, { method: "DELETE" });
      this.#note("DELETE", `${this.#sessionPath}: ${response.status}`);
    } catch (error) {
      this.#note("DELETE", error.message);
    }
  }

  #describe() {
    const { user, topic, transport } = this.who;
    this.#element.querySelector("h2").textContent = user || "nobody";
    this.#element.querySelector(".by").textContent = transports[transport].name;
    this.#element.querySelector("a").href = addressOf([this.who]);
    this.#form.elements.topic.placeholder = `user:${user}`;
    this.#element.dataset.user = user;
    this.#element.dataset.transport = transport;
    this.#element.classList.toggle("foreign", topic !== "" && topic !== `user:${user}`);
    document.querySelector("#users").replaceChildren(...[...new Set([...panes].map(pane => pane.who.user))].map(name => new Option(name)));
  }

  #be(state, why = "") {
    this.#element.dataset.state = state;
    this.#element.querySelector(".state").textContent = state;
    this.#element.querySelector(".why").textContent = why;
    const { connect, disconnect, offline, kick } = this.#form.elements;
    connect.textContent = state === "off" ? "Connect" : "Reconnect";
    disconnect.disabled = !["connecting", "joined", "lost", "offline"].includes(state) && !(state === "closing" && this.#attempts > 0);
    offline.textContent = `Offline for ${offlineSeconds} s`;
    offline.title = state === "offline" ? "Come back now" : "";
    // Who has no id yet has no place to come back to.
    offline.disabled = disconnect.disabled || !this.#lastEventId;
    kick.disabled = state !== "joined";
    if (state !== "off" || why) {
      this.#note(state, why);
    }
  }

  #note(word, text) {
    const entry = this.#entry("event");
    entry.querySelector(".text").append(element("b", "", word), ` ${text}`);
  }

  #show(message) {
    const entry = this.#entry("message");
    const { text, timestamp, [settings.userField]: user } = message;
    const took = now() - timestamp;
    entry.title = JSON.stringify(message);
    entry.querySelector(".text").textContent = typeof text === "string" ? text : entry.title;
    const isTimed = typeof timestamp === "number" && took >= 0 && took < 3_600_000;
    // Only the time tells what was missed: on the wire it is a message like others. One that does not say when it was sent counts if it
    // comes within a second.
    const isCaughtUp = (isTimed ? timestamp : now() - 1000) < this.#backAt;
    const how = isCaughtUp ? element("span", "caught", "caught up") : element("span", "latency", isTimed ? milliseconds(took) : "");
    entry.querySelector(".meta").prepend(element("span", "to", `to ${user}`), how);
  }

  #entry(kind) {
    const log = this.#element.querySelector(".log");
    const entry = element("li", kind);
    const meta = element("span", "meta");
    meta.append(element("time", "", new Date().toLocaleTimeString()));
    entry.append(element("span", "text"), meta);
    log.prepend(entry);
    while (log.children.length > 100) {
      log.lastChild.remove();
    }

    return entry;
  }
}

function element(name, className, text = "") {
  return Object.assign(document.createElement(name), { className, textContent: text });
}

function claimsOf(token) {
  const bytes = Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), character => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

// One parameter of each name for each pane, in their order; those that are empty everywhere are left out.
function addressOf(clients) {
  const query = new URLSearchParams();
  const names = ["user", "roles", "topic", "transport"].filter(name => clients.some(client => client[name]));
  clients.forEach(client => names.forEach(name => query.append(name, client[name])));
  return `/demo?${query.toString().replaceAll("%3A", ":")}`;
}

function keepInAddress() {
  history.replaceState(null, "", addressOf([...panes].map(pane => pane.who)));
}

function clientsOfAddress() {
  const query = new URLSearchParams(location.search);
  const all = name => query.getAll(name);
  const [roles, topics, kinds] = [all("roles"), all("topic"), all("transport")];
  return all("user").map((user, at) => ({ user, roles: roles[at], topic: topics[at], transport: kinds[at] }));
}

function firstClients() {
  const [role] = settings.privilegedRoles;
  return [
    { user: "alice", transport: "sse" },
    { user: "bob", transport: "websocket" },
    role ? { user: "carol", roles: role, topic: "user:alice", transport: "longpoll" } : { user: "carol", transport: "longpoll" },
  ];
}

const form = document.querySelector("#send");
const fields = form.elements;

const roads = {
  messages: body => ({ address: "/v1/messages", shown: `${location.host}/v1/messages`, options: { body, headers: { "content-type": "application/json" } } }),
  // Without a content type of its own the call is a simple one (WHATWG Fetch): a browser sends it across origins without asking first, and the service lets it read the answer.
  produce: body => ({ address: `${external}/produce`, shown: `${location.hostname}:${settings.port}/produce`, options: { body } }),
};

function message(more = {}) {
  return JSON.stringify({ [settings.userField]: fields.to.value.trim(), text: fields.text.value, ...more });
}

function showShell() {
  const { shown } = roads[fields.road.value]("");
  const json = message().replaceAll("'", "'\\''");
  document.querySelector("#shell").textContent = `curl -H 'content-type: application/json' -d '${json}' ${location.protocol === "https:" ? "https://" : ""}${shown}`;
}

async function send() {
  const answer = document.querySelector("#answer");
  const began = now();
  const { address, options } = roads[fields.road.value](message({ timestamp: began }));
  try {
    const response = await fetch(address, { method: "POST", ...options });
    const text = await response.text();
    answer.className = response.ok ? "good" : "bad";
    answer.textContent = `${response.status} ${text} (${milliseconds(now() - began)})`;
  } catch {
    answer.className = "bad";
    answer.textContent = fields.road.value === "messages"
      ? "No answer: is the gateway running?"
      : "No answer that this page may read: is there a definition for /produce, and a service behind it? docs/getting-started/demo.md says how.";
  }
}

form.addEventListener("submit", event => {
  event.preventDefault();
  send();
});
form.addEventListener("input", showShell);
document.querySelector("#api").textContent = `:${location.port || (location.protocol === "https:" ? 443 : 80)}`;
document.querySelector("#external").textContent = `:${settings.port}`;
document.querySelector("#roles").textContent = settings.privilegedRoles.length > 0
  ? `Whoever has the role ${settings.privilegedRoles.join(" or ")} may listen to everyone (PRIVILEGED_ROLES).`
  : "No role may listen to others here (PRIVILEGED_ROLES is empty).";
document.querySelector("#add").addEventListener("click", () => {
  new Pane({ user: "alice", transport: "sse" });
  keepInAddress();
});

const asked = clientsOfAddress();
for (const client of asked.length > 0 ? asked : firstClients()) {
  new Pane(client);
}

showShell();
panes.forEach(pane => pane.connect());
