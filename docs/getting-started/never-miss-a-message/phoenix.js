const { Socket } = require("phoenix");

// Keep these two objects and change them: the client reads the one each time it connects, and the other each time it joins.
const credentials = { token };
const params = { since: page.position };

const socket = new Socket(`${gateway.replace(/^http/, "ws")}/socket`, { params: credentials });
// The token may have expired when the client comes back.
socket.onClose(async () => {
  credentials.token = await freshToken();
});
socket.connect();

const channel = socket.channel("user:alice", params);
channel.on("message", (payload, ref) => {
  show(payload);
  params.since = ref;
});
channel.on("position", (_, ref) => {
  params.since = ref;
});
channel.on("token_expiring", async () => {
  credentials.token = await freshToken();
  channel.push("access_token", { access_token: credentials.token });
});
channel.on("gap", ({ reason }, ref) => {
  params.since = ref;
  reload(reason);
});
channel.join().receive("ok", ({ id }) => {
  params.since = id;
});
