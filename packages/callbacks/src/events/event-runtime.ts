import type { Dispatcher } from "../delivery/dispatcher.ts";
import type { Redact } from "../payloads/redact.ts";
import type { Abandonable, OpenEvents } from "./open-events.ts";

/** What the events and traces of one manager share. */
export interface EventRuntime {
  readonly dispatcher: Dispatcher;
  readonly redact: Redact | undefined;
  readonly openEvents: OpenEvents;
  readonly openTraces: Set<Abandonable>;
}
