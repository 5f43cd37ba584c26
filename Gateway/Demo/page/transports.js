// The three ways to listen to a topic. Each opens a connection and tells what happens on it; what it returns ends it.
//   heard: { joined(id), denied(response), message(payload, id), gap(payload, id), position(payload, id), expiring(payload), closing(payload), beat(text), lost(text) }
// An id says what the client has been given; with the last one it goes on from there.
// Nothing is told any more after denied, closing or lost.

export const transports = {
  sse: { name: "EventSource", open: eventSource },
  websocket: { name: "WebSocket", open: webSocket },
  longpoll: { name: "long polling", open: longPoll },
};

const version = "2.0.0";
const heartbeatMs = 10_000;

function eventSource({ external, token, topic, lastEventId }, heard) {
  const isRole = topic.startsWith("role:");
  const query = new URLSearchParams({ [isRole ? "roles[]" : "users[]"]: topic.replace(/^(user|role):/, ""), token });
  if (lastEventId) {
    query.set("lastEventId", lastEventId);
  }

  const stream = new EventSource(`${external}/socket/sse?${query}`);
  const on = (name, tell) => stream.addEventListener(name, event => tell(JSON.parse(event.data), event.lastEventId));
  on("phx_reply", (reply, id) => answer(reply.payload, id, heard));
  on("message", heard.message);
  on("gap", heard.gap);
  on("position", heard.position);
  on("token_expiring", heard.expiring);
  on("closing", heard.closing);
  stream.addEventListener("open", () => heard.beat("a heartbeat every 10 s, which an EventSource keeps to itself"));
  // It would come back by itself, but with the same token.
  stream.addEventListener("error", () => heard.lost(stream.readyState === EventSource.CLOSED ? "the stream was refused" : "the stream broke off"));
  return () => stream.close();
}

function webSocket({ external, token, topic, lastEventId }, heard) {
  const socket = new WebSocket(`${external.replace(/^http/, "ws")}/socket/websocket?${new URLSearchParams({ token, vsn: version })}`);
  const channel = new Channel(topic, lastEventId, heard, frame => socket.send(JSON.stringify(frame)));
  let timer;
  socket.addEventListener("open", () => {
    channel.join();
    channel.heartbeat();
    timer = setInterval(() => channel.heartbeat(), heartbeatMs);
  });
  socket.addEventListener("message", event => channel.receive(JSON.parse(event.data)));
  socket.addEventListener("close", event => heard.lost(`the socket was closed with code ${event.code}`));
  return () => {
    clearInterval(timer);
    socket.close();
  };
}

function longPoll({ external, token, topic, lastEventId }, heard) {
  const ended = new AbortController();
  const ask = async (bearer, frame) => {
    const address = `${external}/socket/longpoll?${new URLSearchParams({ token: bearer, vsn: version })}`;
    const response = await fetch(address, { method: frame ? "POST" : "GET", body: frame && JSON.stringify(frame), signal: ended.signal });
    return response.json();
  };

  const poll = async () => {
    const opened = await ask(token);
    if (opened.status !== 410) {
      return heard.lost(`the poll was refused with status ${opened.status}`);
    }

    const channel = new Channel(topic, lastEventId, heard, frame => ask(opened.token, frame));
    await channel.join();
    for (let polls = 1; ; polls++) {
      heard.beat(`poll ${polls} is open since ${new Date().toLocaleTimeString()}`);
      const polled = await ask(opened.token);
      polled.messages?.forEach(text => channel.receive(JSON.parse(text)));
      if (polled.status !== 200 && polled.status !== 204) {
        return heard.lost(`the session ended with status ${polled.status}`);
      }
    }
  };

  poll().catch(error => heard.lost(error.message));
  return () => ended.abort();
}

// A Phoenix channel in version 2 of the protocol: every frame is [join_ref, ref, topic, event, payload].
class Channel {
  #topic;
  #since;
  #heard;
  #send;
  #ref = 0;
  #beatAt;

  constructor(topic, since, heard, send) {
    [this.#topic, this.#since, this.#heard, this.#send] = [topic, since, heard, send];
  }

  join() {
    this.#ref++;
    return this.#send(["1", "1", this.#topic, "phx_join", { since: this.#since }]);
  }

  heartbeat() {
    this.#beatAt = performance.now();
    return this.#send([null, `${++this.#ref}`, "phoenix", "heartbeat", {}]);
  }

  receive([, ref, topic, event, payload]) {
    if (topic === "phoenix") {
      this.#heard.beat(`heartbeat answered in ${milliseconds(performance.now() - this.#beatAt)} at ${new Date().toLocaleTimeString()}`);
      return;
    }

    const { message, gap, position, expiring, closing } = this.#heard;
    const tell = { phx_reply: reply => answer(reply, reply.response.id, this.#heard), message, gap, position, token_expiring: expiring, closing };
    // What has an id has it in place of the reference of a frame.
    tell[event]?.(payload, ref);
  }
}

function answer({ status, response }, id, heard) {
  if (status === "ok") {
    heard.joined(id);
  } else if (response.reason === "behind") {
    heard.lost("this node is behind what the client has");
  } else {
    heard.denied(response);
  }
}

export function milliseconds(time) {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
