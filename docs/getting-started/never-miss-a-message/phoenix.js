const { Socket } = require("phoenix");

const socket = new Socket(`${gateway.replace(/^http/, "ws")}/socket`, { params: { token } });
socket.connect();

// Keep this object and change it: the client reads it again each time it joins.
const params = { since: page.position };
const channel = socket.channel("user:alice", params);
channel.on("message", (payload, ref) => {
  show(payload);
  params.since = ref;
});
channel.on("position", (_, ref) => {
  params.since = ref;
});
channel.on("gap", ({ reason }, ref) => {
  params.since = ref;
  reload(reason);
});
channel.join().receive("ok", ({ id }) => {
  params.since = id;
});
