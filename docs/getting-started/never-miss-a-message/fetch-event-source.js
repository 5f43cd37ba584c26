const { fetchEventSource } = require("@microsoft/fetch-event-source");

fetchEventSource(`${gateway}/socket/sse?users[]=alice`, {
  headers: { Authorization: `Bearer ${token}`, "last-event-id": page.position },
  onmessage({ event, data }) {
    if (event === "message") {
      show(JSON.parse(data));
    } else if (event === "gap") {
      reload(JSON.parse(data).reason);
    }
  },
  // Without this it stays away after a stream that ended well.
  onclose() {
    throw new Error("ended");
  },
});
