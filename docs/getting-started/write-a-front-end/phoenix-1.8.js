const { Socket } = require("phoenix");

const credentials = { token };
const params = { since: page.position };

const socket = new Socket(`${gateway.replace(/^http/, "ws")}/socket`, { authToken: () => credentials.token });
socket.onClose(async () => {
  // It tries again by itself, with the token that is here by then.
  credentials.token = await freshToken().catch(() => credentials.token);
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
channel.on("gap", ({ reason }, ref) => {
  params.since = ref;
  reload(reason);
});
channel.on("token_expiring", async () => {
  credentials.token = await freshToken();
  channel.push("access_token", { access_token: credentials.token });
});
channel.on("closing", ({ reconnect }) => {
  if (!reconnect) {
    socket.disconnect();
  }
});
channel.join().receive("ok", ({ id }) => {
  params.since = id;
}).receive("error", refusal => console.error("The join was refused:", refusal));
