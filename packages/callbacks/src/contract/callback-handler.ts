import type { AnyEventEnd, AnyEventStart } from "./event.ts";
import type { EventType } from "./event-type.ts";
import type { TraceInfo, TraceMap } from "./trace-info.ts";

/**
 * How much of a payload a handler sees: `"sizes"` is counts, sizes, names and usage;
 * `"full"` adds `payload.content`: texts, prompts, vectors.
 */
export type Capture = "sizes" | "full";

/** One chunk of a streaming event, such as a few words of a language model's response. */
export interface EventChunk {
  /** Counts from 0. */
  readonly index: number;
  /** The chunk itself, for handlers with `capture: "full"`. */
  readonly content?: unknown;
}

/**
 * An object that receives event starts and ends. Every method is optional.
 *
 * A method that returns a promise never delays the work: the next call waits in a bounded queue until the promise is
 * settled, and runs in the async context of its event.
 */
export interface CallbackHandler {
  /** Names the handler in messages. Default: the name of its class. */
  readonly name?: string | undefined;
  /** How much of the payloads the handler sees. Default `"sizes"`. */
  readonly capture?: Capture | undefined;
  /** Event types whose starts the handler does not receive. */
  readonly ignoreEventStarts?: readonly EventType[] | undefined;
  /** Event types whose ends the handler does not receive. */
  readonly ignoreEventEnds?: readonly EventType[] | undefined;
  /**
   * `true`: an error of this handler is thrown into the work and stops it; retries do not repeat the work, unless the error
   * has `retryable: true`. `"starts"`: only one of `onEventStart` or `startTrace`, before anything is done; the promises of the
   * other methods then neither delay nor queue anything.
   * Default: it is reported to `onHandlerError` of the manager, and the work continues.
   */
  readonly raiseErrors?: boolean | "starts" | undefined;
  /** `true`: the work waits for the promises of this handler. It always does for those whose errors are raised. */
  readonly awaited?: boolean | undefined;
  /** `true`: `endTrace` gets the tree of ids. Otherwise it is not collected. */
  readonly traceMap?: boolean | undefined;

  /** The outermost trace of an async context starts. */
  startTrace?(trace: TraceInfo): void | PromiseLike<void>;
  /** The outermost trace ends. `map` is given when the handler has `traceMap: true`. */
  endTrace?(trace: TraceInfo, map?: TraceMap): void | PromiseLike<void>;
  onEventStart?(event: AnyEventStart): void | PromiseLike<void>;
  onEventEnd?(event: AnyEventEnd): void | PromiseLike<void>;
  /** A chunk of a streaming event. */
  onEventChunk?(event: AnyEventStart, chunk: EventChunk): void | PromiseLike<void>;
  /** Runs the body of an event in a context of the handler, such as another tracer's. Must call `body` once. */
  around?<R>(event: AnyEventStart, body: () => R): R;
  /** Sends what the handler has buffered. */
  flush?(options: { signal?: AbortSignal | undefined }): void | PromiseLike<void>;
  /** Frees what the handler holds. Called when the manager closes. */
  aclose?(): void | PromiseLike<void>;
}

/** A handler's name for messages. */
export function handlerName(handler: CallbackHandler): string {
  return handler.name ?? (handler.constructor.name === "Object" ? "handler" : handler.constructor.name);
}
