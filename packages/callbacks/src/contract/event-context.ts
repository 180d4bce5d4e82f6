import type { BareEventType, EndPayload, EventType, PayloadArgument, PayloadInput } from "./event-type.ts";

/** Distinguishes an abort from a failure of an event. */
export interface EventOptions {
  /** An error that is this signal's reason ends the event as `"aborted"`. Read only when there is an error. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An open event: starts once, ends once, and records the error that ended it. When no handler listens, all its methods
 * do nothing, and `run` only calls the function.
 *
 * Holding one never changes the async context. To run a function inside the event, use {@link EventContext.run}.
 */
export interface EventContext<T extends EventType = EventType> extends Disposable {
  readonly type: T;

  /** 16 hexadecimal digits; `undefined` when no handler listens. */
  readonly id: string | undefined;

  /** Whether any handler receives this event. */
  readonly recorded: boolean;

  /** Whether a recorded event has ended. */
  readonly ended: boolean;

  /** Adds to the payload of the event's end. Later values of a key replace earlier ones, those of a `usage` one by one. */
  set(payload: PayloadInput<EndPayload<T>>): void;

  /** Passes one chunk of a streaming event to the handlers. */
  chunk(content?: unknown): void;

  /**
   * Ends the event as `"ok"`. Does nothing when it has ended.
   *
   * @throws what a handler with `raiseErrors` throws
   */
  onEnd(payload?: PayloadInput<EndPayload<T>>): void;

  /** Ends the event with what was thrown; an abort ends it as `"aborted"`. Does nothing when it has ended. */
  fail(error: unknown): void;

  /** Runs a function inside this event: events that it starts become children of this one. */
  run<R>(body: () => R): R;

  /** Starts a child of this event. */
  child<U extends BareEventType>(type: U): EventContext<U>;
  child<U extends EventType>(type: U, payload: PayloadArgument<U>): EventContext<U>;

  /** Ends the event as `"ok"`, for `using`. */
  [Symbol.dispose](): void;
}
