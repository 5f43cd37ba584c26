const { Socket } = require("phoenix");

// Keep these two objects and change them: the client reads the one each time it connects, and the other each time it joins.
const credentials = { token };
const params = { since: page.position };

const socket = new Socket(`${gateway.replace(/^http/, "ws")}/socket`, { params: credentials });
socket.onClose(() => {
  // It would be refused with this token again and again.
  if (expires(credentials.token) < Date.now()) {
    renew();
  }
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
  if (await renew()) {
    channel.push("access_token", { access_token: credentials.token });
  }
});
channel.on("gap", ({ reason }, ref) => {
  params.since = ref;
  reload(reason);
});
channel.on("closing", ({ reconnect }) => {
  if (!reconnect) {
    socket.disconnect();
  }
});
channel.join().receive("ok", ({ id }) => {
  params.since = id;
}).receive("error", refusal => console.error("The join was refused:", refusal));

const expires = jwt => 1000 * JSON.parse(atob(jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).exp;
let renewing = false;

async function renew() {
  if (renewing) {
    return false;
  }
  renewing = true;
  try {
    credentials.token = await freshToken();
    return true;
  } catch {
    // The next close asks again.
    return false;
  } finally {
    renewing = false;
  }
}
