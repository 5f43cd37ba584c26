// node send.mjs http://localhost:4010 alice "Hi, Alice!"
import { randomUUID } from "node:crypto";

const [api, user, text] = process.argv.slice(2);
// The same id in each try: a page that has it already ignores the message.
const message = JSON.stringify({ user, id: randomUUID(), text });

for (let isStored = false; !isStored;) {
  const answer = await fetch(`${api}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(process.env.API_TOKEN && { authorization: `Bearer ${process.env.API_TOKEN}` }) },
    body: message,
    signal: AbortSignal.timeout(30_000),
  }).catch(() => undefined);
  isStored = answer?.status === 202;
  if (answer && answer.status >= 400 && answer.status < 500) {
    throw new Error(`The gateway does not take this message: ${answer.status} ${await answer.text()}`);
  }
  if (!isStored) {
    // Not stored, outcome unknown, or no answer at all.
    const seconds = Number(answer?.headers.get("retry-after")) || 1;
    await new Promise(done => setTimeout(done, 1000 * seconds * (1 + Math.random())));
  }
}
