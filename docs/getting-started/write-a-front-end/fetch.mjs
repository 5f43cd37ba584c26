// @ts-check

/**
 * Does what listen.mjs does, with the token in a header and not in the address.
 * @param {import("./events").Options} options
 */
export function listen({ gateway, user, position = "", freshToken, show, reload, moved = () => {}, ended = () => {}, silenceMs = 25_000 }) {
  const stopping = new AbortController();
  let lastId = position;
  let pause = 1000;
  let failures = 0;
  run();
  return () => stopping.abort();

  async function run() {
    while (!stopping.signal.aborted) {
      const begun = Date.now();
      const isRenewed = await follow().catch(trouble => console.warn(trouble));
      // The gateway says how long to wait ("retry"), and each client something else, so that not all come back at once; longer each time that fails.
      const wait = Math.min(pause * 2 ** failures++, 30_000) * (0.5 + Math.random());
      // A token that ends as soon as it has come must not be asked for again and again.
      await new Promise(done => setTimeout(done, isRenewed && Date.now() - begun > 5_000 ? 0 : wait));
    }
  }

  /** One stream, until it ends or its token is about to. */
  async function follow() {
    const silent = new AbortController();
    let watch = setTimeout(() => silent.abort(), silenceMs);
    try {
      const answer = await fetch(`${gateway}/socket/sse?${new URLSearchParams({ "users[]": user, lastEventId: lastId })}`, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${await freshToken()}` },
        signal: AbortSignal.any([stopping.signal, silent.signal]),
      });
      if (!answer.ok || !answer.body) {
        throw new Error(`The gateway answered ${answer.status}.`);
      }
      for await (const { event, data, id, retry } of events(answer.body)) {
        // Here the heartbeats are seen too: one every 10 s.
        clearTimeout(watch);
        watch = setTimeout(() => silent.abort(), silenceMs);
        pause = Number(retry ?? pause);
        failures = 0;
        try {
          if (event === "message") {
            show(JSON.parse(data));
          } else if (event === "gap") {
            reload(JSON.parse(data).reason);
          }
        } finally {
          // Also if it could not be shown: it would come again and again.
          if (id) {
            lastId = id;
            moved(lastId);
          }
        }
        if (event === "token_expiring") {
          return true;
        }
        if (event === "closing" && !JSON.parse(data).reconnect) {
          stopping.abort();
          ended(JSON.parse(data).reason);
        }
      }
      return false;
    } finally {
      clearTimeout(watch);
    }
  }
}

/**
 * What the gateway sends: lines that end with LF, one line of data in each event, and an empty line after it.
 * @param {ReadableStream<Uint8Array>} body
 */
async function* events(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        yield Object.fromEntries(block.split("\n").map(line => line.split(/: ?(.*)/s, 2)));
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
