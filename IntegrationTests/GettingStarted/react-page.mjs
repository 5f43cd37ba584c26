// A page with the hook of docs/getting-started/write-a-front-end, which shows each message as an item of a list.
import { createElement, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { useMessages } from "../../docs/getting-started/write-a-front-end/use-messages.mjs";

function Messages(options) {
  return createElement("ol", null, useMessages(options).map((message, i) => createElement("li", { key: i }, `${message.n}`)));
}

export function listen({ gateway, user, position, freshToken, reload }) {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  // In this mode React runs each effect twice, so that one that does not clean up is noticed.
  root.render(createElement(StrictMode, null, createElement(Messages, { gateway, user, position, freshToken, reload })));
  return () => root.unmount();
}
