import { request } from "/operator/api.js";

// What goes on at this node, by its event stream. An EventSource sends no token, so the stream is read by fetch.

const backOff = [1, 2, 5];

// The node sends something every 2 s.
const silentAfter = 6;

/**
 * Ends what is read when nothing has come for too long: a connection that hangs has no end of its own. It counts seconds while the page
 * runs, so that a computer that slept hears first what came meanwhile.
 */
class Watchdog {
  #end = new AbortController();
  #silent = 0;
  #clock;

  /** A signal for one try, which ends it. */
  begin(signal) {
    this.rest();
    this.#end = new AbortController();
    this.#clock = setInterval(() => {
      if (++this.#silent >= silentAfter) {
        this.#end.abort(new Error(`nothing has come from it for ${silentAfter} s`));
      }
    }, 1000);
    return AbortSignal.any([signal, this.#end.signal]);
  }

  /** Why it has ended the try; undefined where it has not. */
  get reason() {
    return this.#end.signal.reason;
  }

  /** Something has come. */
  hear() {
    this.#silent = 0;
  }

  /** Nothing is to be waited for. */
  rest() {
    clearInterval(this.#clock);
    this.hear();
  }
}

/** Calls back with each event's name and data, and with "lost" and the reason while there is no stream; until it is aborted. */
export async function listen(path, onEvent, signal) {
  const watchdog = new Watchdog();
  for (let attempts = 0; !signal.aborted; attempts++) {
    try {
      const response = await request(path, { signalOf: () => watchdog.begin(signal) });
      if (!response.ok) {
        throw new Error(`it answered ${response.status}`);
      }

      for await (const { name, data } of events(response.body, watchdog)) {
        attempts = 0;
        onEvent(name, JSON.parse(data));
      }

      onEvent("lost", "The node has ended the stream.");
    } catch (error) {
      if (signal.aborted) {
        return;
      }

      onEvent("lost", `The node does not answer: ${(watchdog.reason ?? error).message}.`);
    } finally {
      watchdog.rest();
    }

    await new Promise(resolve => setTimeout(resolve, backOff[Math.min(attempts, backOff.length - 1)] * 1000));
  }
}

async function* events(body, watchdog) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const { done, value } = await reader.read();
    watchdog.hear();
    if (done) {
      return;
    }

    const parts = (text + value).split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map(line => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
      yield { name: fields.event, data: fields.data };
    }
  }
}
