import type { CallbackManager } from "./callback-manager.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EventContext } from "./event-context.ts";
import type { EventType } from "./event-type.ts";
import type { Redact } from "./redact.ts";
import type { Frame } from "./trace.ts";

/** What its manager ends when it closes. */
export interface Open {
  abandon(): void;
}

/** What events need of their manager. */
export interface EventHost {
  readonly manager: CallbackManager;
  readonly dispatcher: Dispatcher;
  readonly redact: Redact | undefined;
  /** Events that have started and not ended, in that order. */
  readonly openEvents: Set<Open>;
  /** Traces that somebody holds. */
  readonly openTraces: Set<Open>;
  start<T extends EventType>(type: T, payload: object | undefined, under: Frame): EventContext<T>;
}
