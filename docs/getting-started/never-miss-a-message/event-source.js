let lastId = page.position;
let current;
let renewing = false;

function listen(token) {
  const query = new URLSearchParams({ "users[]": "alice", token, lastEventId: lastId });
  const stream = current = new EventSource(`${gateway}/socket/sse?${query}`);
  const on = (name, tell) => stream.addEventListener(name, event => {
    tell(JSON.parse(event.data));
    lastId = event.lastEventId || lastId;
  });
  on("message", show);
  on("position", () => {});
  on("gap", gap => reload(gap.reason));
  on("token_expiring", () => renew(stream));
  // The browser comes back by itself, unless it was refused: the token may have expired while it was away.
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) {
      setTimeout(renew, 3000, stream);
    }
  });
  return stream;
}

async function renew(stream) {
  if (renewing || stream !== current) {
    return;
  }
  renewing = true;
  try {
    const fresh = await freshToken();
    stream.close();
    listen(fresh);
  } catch {
    setTimeout(renew, 3000, stream);
  } finally {
    renewing = false;
  }
}
