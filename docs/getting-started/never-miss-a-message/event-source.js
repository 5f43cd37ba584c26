let lastId = page.position;

function listen(token) {
  const query = new URLSearchParams({ "users[]": "alice", token, lastEventId: lastId });
  const stream = new EventSource(`${gateway}/socket/sse?${query}`);
  const on = (name, tell) => stream.addEventListener(name, event => {
    tell(JSON.parse(event.data));
    lastId = event.lastEventId || lastId;
  });
  on("message", show);
  on("position", () => {});
  on("gap", gap => reload(gap.reason));
  on("token_expiring", async () => {
    const fresh = await freshToken();
    stream.close();
    listen(fresh);
  });
  // The browser comes back by itself, unless it was refused: the token may have expired while it was away.
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) {
      setTimeout(async () => listen(await freshToken()), 3000);
    }
  });
  return stream;
}
