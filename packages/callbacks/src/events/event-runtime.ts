import type { CallbackManager } from "./callback-manager.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { EventContext } from "./event-context.ts";
import type { EventType } from "./event-type.ts";
import type { Redact } from "./redact.ts";
import type { OpenEvents } from "./open-events.ts";
import type { Frame } from "./trace.ts";
import type { TraceHandle } from "./trace-handle.ts";

/** What events need of their manager. */
export interface EventHost {
  readonly manager: CallbackManager;
  readonly dispatcher: Dispatcher;
  readonly redact: Redact | undefined;
  readonly openEvents: OpenEvents;
  /** Traces that somebody holds. */
  readonly openTraces: Set<TraceHandle>;
  start<T extends EventType>(type: T, payload: object | undefined, under: Frame): EventContext<T>;
}
