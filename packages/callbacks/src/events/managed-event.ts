import type { EventContext } from "../contract/event-context.ts";
import type { EventType } from "../contract/event-type.ts";
import type { StreamScope } from "./event-stream.ts";

/** An event as its manager uses it. */
export interface ManagedEvent<T extends EventType = EventType>
  extends EventContext<T>, Pick<StreamScope, "ready" | "passChunk"> {
  /** Runs the body of the event, and ends the event with it. */
  runBody<R>(body: (event: this) => R | PromiseLike<R>): Promise<R>;

  /**
   * For a holder that cannot wait for handlers.
   *
   * @throws what a handler with `raiseErrors` threw at the start; the event has ended then
   */
  checkStart(): this;
}
