import { request } from "/operator/api.js";

// What goes on at this node, by its event stream. An EventSource sends no token, so the stream is read by fetch.

const backOff = [1, 2, 5];

/** Calls back with each event's name and data, and with "lost" and the reason while there is no stream; until it is aborted. */
export async function listen(path, onEvent, signal) {
  for (let attempts = 0; !signal.aborted; attempts++) {
    try {
      const response = await request(path, { signal });
      if (!response.ok) {
        throw new Error(`it answered ${response.status}`);
      }

      for await (const { name, data } of events(response.body)) {
        attempts = 0;
        onEvent(name, JSON.parse(data));
      }

      onEvent("lost", "The node has ended the stream.");
    } catch (error) {
      if (signal.aborted) {
        return;
      }

      onEvent("lost", `The node does not answer: ${error.message}.`);
    }

    await new Promise(resolve => setTimeout(resolve, backOff[Math.min(attempts, backOff.length - 1)] * 1000));
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const { done, value } = await reader.read();
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
