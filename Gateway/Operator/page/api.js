// Calls of this node's API. Where it asks for a token, the operator is asked for one, which is kept in this tab.

const kept = "rig-kafka api token";

export class Refusal extends Error {
  constructor(status, body) {
    super(words(status, body));
    this.status = status;
    this.mistakes = body?.errors?.definition ?? [];
  }
}

function words(status, body) {
  const said = body?.errors?.detail ?? body?.message;
  return typeof said === "string" ? said : `The node answered ${status}.`;
}

let asking;

function askForToken(refused) {
  asking ??= new Promise(resolve => {
    const dialog = document.querySelector("#token");
    const form = dialog.querySelector("form");
    dialog.querySelector("#refused").textContent = refused ? "That is not one of this node's tokens." : "";
    form.reset();
    dialog.onclose = () => {
      // Esc closes it too; without a token there is nothing to show.
      if (dialog.returnValue !== "token") {
        dialog.showModal();
        return;
      }

      sessionStorage.setItem(kept, form.elements.token.value);
      form.reset();
      asking = undefined;
      resolve();
    };
    dialog.returnValue = "";
    dialog.showModal();
  });
  return asking;
}

/**
 * The response to a call, whatever its status but 401. Each try begins with "signalOf", if there is one, whose signal ends the try: a time
 * that is to pass at most does not run while a token is typed in.
 */
export async function request(path, { signalOf, ...options } = {}) {
  while (true) {
    const token = sessionStorage.getItem(kept);
    const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(path, { ...options, ...(signalOf ? { signal: signalOf() } : {}), headers, cache: "no-store" });
    if (response.status !== 401) {
      return response;
    }

    // Another call may have asked for a token meanwhile.
    if (token === sessionStorage.getItem(kept)) {
      sessionStorage.removeItem(kept);
      await askForToken(token !== null);
    }
  }
}

/** The JSON that a call is answered with; undefined where there is none. Throws a Refusal. */
export async function call(path, options) {
  const response = await request(path, options);
  const text = await response.text();
  let body;
  try {
    body = text ? JSON.parse(text) : undefined;
  } catch {
    body = { message: text };
  }

  if (!response.ok) {
    throw new Refusal(response.status, body);
  }

  return body;
}

export const send = (method, path, body) =>
  call(path, { method, body, headers: body === undefined ? {} : { "content-type": "application/json" } });

const polledWithin = 10000;

/**
 * Asks for JSON again and again until the signal ends it, and calls back with each answer, or with what went wrong. A call that is not
 * answered in time has gone wrong too.
 */
export async function poll(path, between, signal, onAnswer, onFailure) {
  while (!signal.aborted) {
    try {
      onAnswer(await call(path, { signalOf: () => AbortSignal.any([signal, AbortSignal.timeout(polledWithin)]) }));
    } catch (error) {
      if (signal.aborted) {
        return;
      }

      onFailure(error.name === "TimeoutError" ? new Error(`The node has not answered within ${polledWithin / 1000} s.`) : error);
    }

    await new Promise(resolve => setTimeout(resolve, between));
  }
}

/** A part of a path. */
export const part = encodeURIComponent;
