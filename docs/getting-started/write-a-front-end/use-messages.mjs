// @ts-check
import { useEffect, useRef, useState } from "react";
import { listen } from "./listen.mjs";

/**
 * A hook for React: the messages of a user that came since the page has its position.
 * @param {Pick<import("./events").Options, "gateway" | "user" | "position" | "freshToken" | "reload">} options
 */
export function useMessages({ gateway, user, position, freshToken, reload }) {
  const [messages, setMessages] = useState(/** @type {import("./events").Message[]} */ ([]));
  // New functions at each rendering do not open a new stream.
  const latest = useRef({ freshToken, reload });
  useEffect(() => {
    latest.current = { freshToken, reload };
  });
  useEffect(() => {
    setMessages([]);
    return listen({
      gateway,
      user,
      position,
      freshToken: () => latest.current.freshToken(),
      reload: reason => latest.current.reload(reason),
      show: message => setMessages(before => [...before, message]),
    });
  }, [gateway, user, position]);
  return messages;
}
