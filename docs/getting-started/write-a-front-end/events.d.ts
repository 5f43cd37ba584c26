/** What the gateway sends: the name of each event, and its data. Over Phoenix channels the data is the payload. */
export interface Events {
  /** The answer to a join: over Server-Sent Events one for each topic, users before roles. */
  phx_reply: Reply;
  message: Message;
  /** Nothing new: only the id moves. */
  position: Record<string, never>;
  gap: { reason: GapReason };
  token_expiring: {
    /** In seconds since 1970. */
    expires_at: number;
  };
  presence_state: Presence;
  presence_diff: { joins: Presence; leaves: Presence };
  closing: { reason: CloseReason; reconnect: boolean };
}

/** What a back-end sent. The field is MESSAGE_USER_FIELD; give the others your own type. */
export interface Message {
  user: string | number;
  [field: string]: unknown;
}

export interface Reply {
  topic: string;
  ref: null;
  join_ref: null;
  event: "phx_reply";
  payload: { status: "ok"; response: Record<string, unknown> } | { status: "error"; response: string | { reason: string } };
}

/** Who listens, by name of the user. */
export type Presence = Record<string, { metas: Meta[] }>;

export interface Meta {
  /** When the channel was joined, in milliseconds since 1970. */
  time: number;
  address: string;
  device: string;
  browser: string;
  phx_ref: string;
  /** The claims in PRESENCE_CLAIMS. */
  [claim: string]: unknown;
}

export type GapReason = "retention" | "topic_recreated" | "log_truncated" | "too_much" | "busy" | "unknown_position" | "too_large";

export type CloseReason =
  | "shutdown"
  | "max_age"
  | "join_denied"
  | "token_blacklisted"
  | "token_expired"
  // Turned away for the moment, before the stream began:
  | "max_connections"
  | "connect_rate"
  | "address_rate"
  | "user_connections"
  | "blacklist_unread"
  | "log_unread"
  | "keys_unavailable"
  | "behind";

/** What listen takes. */
export interface Options {
  /** The address of the external port, without a slash at its end. */
  gateway: string;
  user: string;
  /** The id that the back-end put into the page; empty for from now on. */
  position?: string;
  /** Gets a token that has not expired. */
  freshToken: () => Promise<string>;
  show: (message: Message) => void;
  /** Loads the state again: messages may be missing. */
  reload: (reason: GapReason) => void;
  /** Hears every id, once its event has been dealt with. */
  moved?: (id: string) => void;
  /** The stream has ended, and is not opened again. */
  ended?: (reason: CloseReason) => void;
  /** How long a stream may be silent. */
  silenceMs?: number;
}

/** What listenTogether takes. */
export interface SharedOptions extends Pick<Options, "gateway" | "user" | "freshToken" | "show" | "ended"> {
  /** Loads the state, and says at which position it was read. */
  load: () => Promise<string>;
}

/** What a tab tells the others. */
export type Told = { message: Message } | { moved: string } | { gap: GapReason } | { ended: CloseReason };
