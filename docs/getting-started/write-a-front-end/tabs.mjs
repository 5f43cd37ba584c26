// @ts-check
import { listen } from "./listen.mjs";

/**
 * One stream for all tabs: the one that has the lock listens, and tells the others.
 * @param {import("./events").SharedOptions} options
 */
export function listenTogether({ gateway, user, freshToken, load, show, ended = () => {} }) {
  const name = `messages of ${user}`;
  const leaving = new AbortController();
  const channel = new BroadcastChannel(name);
  let position = "";

  // Join the channel first, load then: what another tab has heard by then is in the state, and what it hears later comes by the channel.
  let turn = reload();
  channel.onmessage = ({ data }) => take(data);

  async function reload() {
    for (let pause = 1000; !leaving.signal.aborted; pause = Math.min(2 * pause, 30_000)) {
      try {
        position = await load();
        return;
      } catch (trouble) {
        console.warn(trouble);
        await new Promise(done => setTimeout(done, pause * (0.5 + Math.random())));
      }
    }
  }

  /** @param {import("./events").Told} told */
  function take(told) {
    turn = turn.then(async () => {
      if ("message" in told) {
        show(told.message);
      } else if ("moved" in told) {
        position = told.moved;
      } else if ("gap" in told) {
        await reload();
      } else {
        ended(told.ended);
      }
    }).catch(trouble => console.error(trouble));
  }

  /** @param {import("./events").Told} told */
  function tell(told) {
    take(told);
    channel.postMessage(told);
  }

  navigator.locks.request(name, { signal: leaving.signal }, async () => {
    // Whoever had the lock before may have told something that has not been dealt with yet.
    await turn;
    const stop = listen({
      gateway,
      user,
      position,
      freshToken,
      show: message => tell({ message }),
      moved: id => tell({ moved: id }),
      reload: reason => tell({ gap: reason }),
      ended: reason => tell({ ended: reason }),
    });
    await new Promise(done => leaving.signal.addEventListener("abort", done));
    stop();
  }).catch(trouble => {
    // Else this tab left before it had the lock.
    if (trouble.name !== "AbortError") {
      throw trouble;
    }
  });

  return () => {
    leaving.abort();
    channel.close();
  };
}
