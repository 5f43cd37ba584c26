// @ts-check

/**
 * Listens to the messages of a user, until the function that it returns is called.
 * @param {import("./events").Options} options
 */
export function listen({ gateway, user, position = "", freshToken, show, reload, moved = () => {}, ended = () => {}, silenceMs = 45_000 }) {
  let lastId = position;
  let heardAt = Date.now();
  let openedAt = 0;
  let pause = 1000;
  let isOpening = false;
  let isStopped = false;
  /** @type {EventSource | undefined} */
  let stream;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;

  async function open() {
    if (isOpening || isStopped) {
      return;
    }
    isOpening = true;
    heardAt = Date.now();
    clearTimeout(again);
    try {
      const token = await freshToken();
      stream?.close();
      if (!isStopped) {
        stream = connect(token);
      }
    } catch {
      later();
    } finally {
      isOpening = false;
    }
  }

  /** @param {string} token */
  function connect(token) {
    openedAt = Date.now();
    const query = new URLSearchParams({ "users[]": user, token, lastEventId: lastId });
    const current = new EventSource(`${gateway}/socket/sse?${query}`);
    /**
     * @template {keyof import("./events").Events} Name
     * @param {Name} name
     * @param {(data: import("./events").Events[Name]) => void} tell
     */
    const on = (name, tell) => current.addEventListener(name, event => {
      heardAt = Date.now();
      tell(JSON.parse(event.data));
      if (event.lastEventId) {
        lastId = event.lastEventId;
        moved(lastId);
      }
    });
    on("phx_reply", () => {
      pause = 1000;
    });
    on("message", show);
    on("position", () => {});
    on("gap", ({ reason }) => reload(reason));
    on("token_expiring", renew);
    on("closing", ({ reason, reconnect }) => {
      if (!reconnect) {
        stop();
        ended(reason);
      } else if (reason === "token_expired") {
        renew();
      }
    });
    // The browser comes back by itself, unless it was refused: then it is CLOSED, and stays away.
    current.addEventListener("error", () => {
      if (current === stream && current.readyState === EventSource.CLOSED) {
        later();
      }
    });
    return current;
  }

  // A token that ends as soon as it has come must not be asked for again and again.
  function renew() {
    if (Date.now() - openedAt > 5_000) {
      open();
    } else {
      later();
    }
  }

  function later() {
    clearTimeout(again);
    again = setTimeout(open, pause * (0.5 + Math.random()));
    pause = Math.min(2 * pause, 30_000);
  }

  // Every stream has a "position" at least every 30 s. One that is silent for longer is dead, though nobody has said so.
  function wake() {
    if (Date.now() - heardAt > silenceMs) {
      open();
    }
  }

  const watch = setInterval(wake, silenceMs / 10);
  addEventListener("online", open);
  document.addEventListener("visibilitychange", wake);

  function stop() {
    isStopped = true;
    stream?.close();
    clearTimeout(again);
    clearInterval(watch);
    removeEventListener("online", open);
    document.removeEventListener("visibilitychange", wake);
  }

  open();
  return stop;
}
