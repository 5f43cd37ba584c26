import { EventSource } from "eventsource";

const query = new URLSearchParams({ "users[]": "alice", lastEventId: page.position });
const stream = new EventSource(`${gateway}/socket/sse?${query}`, {
  fetch: (address, init) => fetch(address, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } }),
});
stream.addEventListener("message", event => show(JSON.parse(event.data)));
stream.addEventListener("gap", event => reload(JSON.parse(event.data).reason));
