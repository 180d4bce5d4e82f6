import { blame } from "./record-error.ts";
import type { EventOptions } from "./callback-manager.ts";
import { both } from "./dispatcher.ts";
import type { EventHost } from "./event-runtime.ts";
import { EventRecord, type EventStatus } from "./event-record.ts";
import {
  type BareEventType,
  type EndPayload,
  type EventType,
  isLeaf,
  type PayloadArgument,
  type PayloadInput,
} from "./event-type.ts";
import type { Outcome } from "./handler-delivery.ts";
import { isAbort } from "../support/is-abort.ts";
import { isThenable } from "../support/is-thenable.ts";
import type { OpenPlace } from "./open-events.ts";
import { splitPayload } from "./redact.ts";
import { runAround } from "./run-in-context.ts";
import { sharedState } from "./shared-state.ts";
import type { Frame, Trace } from "./trace.ts";

/**
 * An event that is open: starts once, ends once, and records the error that ended it.
 *
 * Holding one never changes the async context; what is to run inside it is run with {@link EventContext.run}.
 */
export class EventContext<T extends EventType = EventType> implements Disposable {
  readonly type: T;
  /** `undefined` where nobody listens. */
  readonly #host: EventHost | undefined;
  /** What handlers see that did not ask for content. */
  readonly #sizes: EventRecord | undefined;
  /** What handlers see that did. */
  readonly #full: EventRecord | undefined;
  /** Where the children of this event stand; for a leaf, where it stands itself. */
  readonly #frame: Frame | undefined;
  readonly #ownsTrace: boolean;
  readonly #options: EventOptions | undefined;
  readonly #started: Outcome | undefined;
  readonly #place: OpenPlace | undefined;
  #end: object | undefined;
  #chunks = 0;

  /** @internal Without a host, nobody listens. */
  constructor(
    type: T,
    host?: EventHost,
    trace?: Trace,
    outer?: Frame,
    payload?: object,
    options?: EventOptions,
    started = 0,
  ) {
    this.type = type;
    this.#ownsTrace = outer === undefined;
    if (host === undefined || trace === undefined) return;
    const { dispatcher } = host;
    const { facts, content } = splitPayload(payload, type, "start", host);
    const parent = outer?.record ?? (outer ?? trace).trace.outerRecord;
    const sizes = new EventRecord(type, trace, parent, facts, started);
    this.#host = host;
    this.#sizes = sizes;
    this.#options = options;
    this.#frame = isLeaf(type) ? (outer ?? trace) : sizes;
    if (dispatcher.full) {
      this.#full = sizes.withPayload(content === undefined ? sizes.payload : { ...facts, content });
    }
    if (dispatcher.traceMap) mapEvent(trace, sizes);
    this.#place = host.openEvents.add(this);
    const traceStarted = this.#ownsTrace ? dispatcher.tell("startTrace", trace) : undefined;
    this.#started = both(traceStarted, dispatcher.started(sizes, this.#full));
  }

  /** 16 hexadecimal digits; `undefined` where nobody listens. */
  get id(): string | undefined {
    return this.#sizes?.id;
  }

  /** Whether anybody is told of this event. */
  get recorded(): boolean {
    return this.#sizes !== undefined;
  }

  /** Whether the event has ended. */
  get ended(): boolean {
    return this.#sizes !== undefined && !Number.isNaN(this.#sizes.ended);
  }

  /** Adds to what the event carries at its end. Later values of a key replace earlier ones. */
  set(payload: PayloadInput<EndPayload<T>>): void {
    if (this.#sizes === undefined) return;
    try {
      this.#end = this.#end ? { ...this.#end, ...payload } : payload;
    } catch (error) {
      // A getter of the payload.
      this.#host?.dispatcher.report(error, {}, "payload");
    }
  }

  /** Tells handlers of one piece of a streaming event. */
  chunk(content?: unknown): void {
    const outcome = this.#tellChunk(content);
    if (outcome?.wait) void this.#reportLate(outcome);
    raise(outcome);
  }

  /**
   * Ends the event well. Does nothing when it has ended.
   *
   * @throws what a handler with `raiseErrors` throws
   */
  onEnd(payload?: PayloadInput<EndPayload<T>>): void {
    if (payload !== undefined) this.set(payload);
    const outcome = this.#finish("ok");
    if (outcome?.wait) void this.#reportLate(outcome);
    raise(outcome);
  }

  /** Ends the event with what was thrown; an abort ends it as `"aborted"`. Does nothing when it has ended. */
  fail(error: unknown): void {
    const outcome = this.#fail(error);
    if (outcome?.raised) this.#report(outcome.raised.error);
    if (outcome?.wait) void this.#reportLate(outcome);
  }

  /** @internal The manager closes, and handlers could not be told later. */
  abandon(): void {
    const outcome = this.#finish("aborted");
    if (outcome?.raised) this.#report(outcome.raised.error);
    if (outcome?.wait) void this.#reportLate(outcome);
  }

  /** Runs a function inside this event: events that it starts become children of this one. */
  run<R>(body: () => R): R {
    return this.#enter(body);
  }

  /** Starts an event under this one. */
  child<U extends BareEventType>(type: U): EventContext<U>;
  child<U extends EventType>(type: U, payload: PayloadArgument<U>): EventContext<U>;
  child<U extends EventType>(type: U, payload?: object): EventContext<U> {
    if (this.#host === undefined || this.#frame === undefined) return new EventContext(type);
    return this.#host.start(type, payload, this.#frame);
  }

  /** Ends the event well, for `using`. */
  [Symbol.dispose](): void {
    this.onEnd();
  }

  /**
   * @internal For a holder that cannot wait for handlers.
   * @throws what a handler with `raiseErrors` threw at the start; the event has ended then
   */
  begun(): this {
    const started = this.#started;
    if (started?.wait) void this.#reportLate(started);
    if (started?.raised) {
      this.fail(started.raised.error);
      throw started.raised.error;
    }
    return this;
  }

  /** @internal Waits for the handlers that have to be waited for at the start. */
  async ready(): Promise<void> {
    await answer(this.#started, undefined);
  }

  /** @internal Tells of a piece, and waits for the handlers that have to be waited for. */
  async pass<C>(piece: C): Promise<C> {
    return answer(this.#tellChunk(piece), piece);
  }

  /** @internal Runs the body of an event and ends with it. */
  runBody<R>(body: (event: this) => R | PromiseLike<R>): Promise<R> {
    if (this.#started !== undefined) return this.#runAfterStart(body);
    let result: R | PromiseLike<R>;
    try {
      result = this.#enter(body);
    } catch (error) {
      return this.#failWith(error);
    }
    if (!isThenable(result)) return this.#endWith(result);
    const promise = result instanceof Promise ? result : Promise.resolve(result);
    return promise.then(
      (value: R) => {
        const outcome = this.#finish("ok");
        return outcome === undefined ? value : answer(outcome, value);
      },
      (error: unknown) => this.#failWith(error),
    );
  }

  async #runAfterStart<R>(body: (event: this) => R | PromiseLike<R>): Promise<R> {
    let value: R;
    try {
      await this.#started?.wait;
      raise(this.#started);
      value = await this.#enter(body);
    } catch (error) {
      return this.#failWith(error);
    }
    return this.#endWith(value);
  }

  #tellChunk(content: unknown): Outcome | undefined {
    const host = this.#host;
    if (host === undefined || this.#sizes === undefined || this.ended) return undefined;
    const shown = host.dispatcher.full
      ? splitPayload({ content }, this.type, "chunk", host).content
      : undefined;
    return host.dispatcher.chunk(this.#sizes, this.#full, this.#chunks++, shown);
  }

  #endWith<R>(value: R): Promise<R> {
    return answer(this.#finish("ok"), value);
  }

  async #failWith(error: unknown): Promise<never> {
    const outcome = this.#fail(error);
    if (outcome?.raised) this.#report(outcome.raised.error);
    if (outcome?.wait) await this.#reportLate(outcome);
    throw error;
  }

  /** Reports what a handler with `raiseErrors` rejects with where nothing can be thrown any more. */
  async #reportLate(outcome: Outcome | undefined): Promise<void> {
    try {
      await outcome?.wait;
    } catch (error) {
      this.#report(error);
    }
  }

  /** Runs a body in the frame of this event, and in the contexts that handlers put around it. */
  #enter<R>(body: (event: this) => R): R {
    const { frames } = sharedState;
    const frame = this.#frame;
    if (frame === undefined || this.#host === undefined) return body(this);
    const { arounds, report } = this.#host.dispatcher;
    if (arounds.length > 0) {
      const run = (): R => runAround(arounds, this.#sizes!, this.#full, () => body(this), report);
      return frames.run(frame, run);
    }
    // A leaf stands where the caller stands: there is nothing to enter.
    return frame !== this.#sizes && frames.getStore() === frame ? body(this) : frames.run(frame, body, this);
  }

  #fail(error: unknown): Outcome | undefined {
    if (this.#sizes === undefined || this.ended) return undefined;
    if (isAbort(error, this.#options?.signal)) return this.#finish("aborted");
    blame(this.#sizes, error);
    return this.#finish("error");
  }

  #finish(status: EventStatus): Outcome | undefined {
    const host = this.#host;
    const sizes = this.#sizes;
    if (host === undefined || sizes === undefined || this.ended) return undefined;
    const full = this.#full;
    sizes.status = status;
    if (this.#end !== undefined) {
      const { facts, content } = splitPayload(this.#end, this.type, "end", host);
      if (facts !== undefined) sizes.endPayload = facts;
      if (full) full.endPayload = content === undefined ? sizes.endPayload : { ...facts, content };
    }
    sizes.ended = performance.now();
    if (full) {
      full.status = status;
      full.ended = sizes.ended;
      full.failure = sizes.failure;
    }
    host.openEvents.delete(this.#place!);
    const outcome = host.dispatcher.ended(sizes, full);
    return this.#ownsTrace ? both(outcome, host.dispatcher.tell("endTrace", sizes.trace)) : outcome;
  }

  /** A handler's error while another one is on its way up, or too late to be thrown. */
  #report(error: unknown): void {
    this.#host?.dispatcher.report(error, { name: "a handler with raiseErrors" }, "onEventEnd");
  }
}

function raise(outcome: Outcome | undefined): void {
  if (outcome?.raised) throw outcome.raised.error;
}

/** A result, when the handlers that have to be waited for are done. */
async function answer<R>(outcome: Outcome | undefined, value: R): Promise<R> {
  await outcome?.wait;
  raise(outcome);
  return value;
}

function mapEvent(trace: Trace, record: EventRecord): void {
  const map = (trace.map ??= new Map<string, string[]>());
  const parent = record.parent?.trace === trace ? record.parent.id : "root";
  const siblings = map.get(parent);
  if (siblings) siblings.push(record.id);
  else map.set(parent, [record.id]);
}
