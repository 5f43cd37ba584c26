const { EventSourcePolyfill } = require("event-source-polyfill");

const query = new URLSearchParams({ "users[]": "alice", lastEventId: page.position });
const stream = new EventSourcePolyfill(`${gateway}/socket/sse?${query}`, { headers: { Authorization: `Bearer ${token}` } });
stream.addEventListener("message", event => show(JSON.parse(event.data)));
stream.addEventListener("gap", event => reload(JSON.parse(event.data).reason));
