const EventSource = require("eventsource");

const stream = new EventSource(`${gateway}/socket/sse?users[]=alice`, {
  headers: { Authorization: `Bearer ${token}`, "Last-Event-ID": page.position },
});
stream.addEventListener("message", event => show(JSON.parse(event.data)));
stream.addEventListener("gap", () => reload());
