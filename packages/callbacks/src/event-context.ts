import type { CallbackManager } from "./callback-manager.ts";
import { type Dispatcher, nothingToDo, type Outcome } from "./dispatcher.ts";
import { EventRecord, type EventStatus } from "./event-record.ts";
import {
  type EndPayload,
  type EventType,
  isLeaf,
  type PayloadInput,
  type StartPayload,
} from "./event-type.ts";
import { isAbort } from "./is-abort.ts";
import { type Redact, splitPayload } from "./redact.ts";
import { runAround } from "./run-around.ts";
import { sharedState } from "./shared-state.ts";
import type { Frame, Trace } from "./trace.ts";

/** What an event needs of its manager. */
export interface EventHost {
  readonly manager: CallbackManager;
  readonly dispatcher: Dispatcher;
  readonly redact: Redact | undefined;
  openEvents: number;
  start<T extends EventType>(type: T, payload: object | undefined, under: Frame): EventContext<T>;
}

/** Where an event is about to start. */
export interface Place {
  readonly host: EventHost;
  readonly trace: Trace;
  /** Whether the trace starts and ends with this event. */
  readonly ownsTrace: boolean;
  readonly parent: EventRecord | undefined;
  /** The frame of the async context that the event starts in. */
  readonly outer: Frame | undefined;
}

/**
 * An event that is open: starts once, ends once, and records the error that ended it.
 *
 * Holding one never changes the async context; what is to run inside it is run with {@link EventContext.run}.
 */
export class EventContext<T extends EventType = EventType> implements Disposable {
  readonly type: T;
  readonly #place: Place | undefined;
  readonly #signal: AbortSignal | undefined;
  /** What handlers see that did not ask for content. */
  readonly #sizes: EventRecord | undefined;
  /** What handlers see that did. */
  readonly #full: EventRecord | undefined;
  /** Where the children of this event stand; for a leaf, where it stands itself. */
  readonly #frame: Frame | undefined;
  readonly #started: Outcome | undefined;
  #end: object | undefined;
  #chunks = 0;

  /** @internal Without a place, nobody listens. */
  constructor(type: T, place?: Place, payload?: object, signal?: AbortSignal) {
    this.type = type;
    this.#place = place;
    this.#signal = signal;
    if (place === undefined) return;
    const { host, trace, ownsTrace, parent, outer } = place;
    const { dispatcher } = host;
    const traceStarted = ownsTrace ? dispatcher.tell("startTrace", trace) : undefined;
    const { facts, content } = splitPayload(payload, type, "start", host);
    const sizes = new EventRecord(type, trace, parent, facts, performance.now());
    this.#sizes = sizes;
    if (dispatcher.full) {
      this.#full = sizes.withPayload(content === undefined ? sizes.payload : { ...facts, content });
    }
    if (!isLeaf(type)) this.#frame = { manager: host.manager, trace, record: sizes };
    else this.#frame = outer?.trace === trace ? outer : trace;
    if (dispatcher.traceMap) mapEvent(trace, sizes);
    host.openEvents++;
    const started = dispatcher.started(type, sizes, this.#full);
    this.#started = traceStarted ? join(traceStarted, started) : started;
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
    this.#end = this.#end ? { ...this.#end, ...payload } : payload;
  }

  /** Tells handlers of one piece of a streaming event. */
  chunk(content?: unknown): void {
    if (this.#place === undefined || this.#sizes === undefined || this.ended) return;
    raise(this.#place.host.dispatcher.chunk(this.#sizes, this.#full, this.#chunks++, content));
  }

  /**
   * Ends the event well. Does nothing when it has ended.
   *
   * @throws what a handler with `raiseErrors` throws
   */
  onEnd(payload?: PayloadInput<EndPayload<T>>): void {
    if (payload !== undefined) this.set(payload);
    raise(this.#finish("ok"));
  }

  /** Ends the event with what was thrown; an abort ends it as `"aborted"`. Does nothing when it has ended. */
  fail(error: unknown): void {
    this.#reportRaised(this.#fail(error));
  }

  /** Runs a function inside this event: events that it starts become children of this one. */
  run<R>(body: () => R): R {
    return this.#enter(body);
  }

  /** Starts an event under this one. */
  child<U extends EventType>(type: U, payload?: PayloadInput<StartPayload<U>>): EventContext<U> {
    if (this.#place === undefined || this.#frame === undefined) return new EventContext(type);
    return this.#place.host.start(type, payload, this.#frame);
  }

  /** Ends the event well, for `using`. */
  [Symbol.dispose](): void {
    this.onEnd();
  }

  /** @internal Runs the body of `event(…)` and ends with it. */
  async runAwaited<R>(body: (event: this) => R | PromiseLike<R>): Promise<R> {
    let value: R;
    try {
      await this.#started?.wait;
      raise(this.#started);
      value = await this.#enter(() => body(this));
    } catch (error) {
      const outcome = this.#fail(error);
      try {
        await outcome?.wait;
      } catch (failure) {
        this.#reportFailure(failure);
      }
      this.#reportRaised(outcome);
      throw error;
    }
    const outcome = this.#finish("ok");
    await outcome?.wait;
    raise(outcome);
    return value;
  }

  /** @internal Like {@link runAwaited} where no handler has to be waited for: no promise but the body's own. */
  runBody<R>(body: (event: this) => R | PromiseLike<R>): Promise<R> {
    if (this.#started?.wait !== undefined) return this.runAwaited(body);
    let result: R | PromiseLike<R>;
    try {
      raise(this.#started);
      result = this.#enter(() => body(this));
    } catch (error) {
      this.fail(error);
      return Promise.reject(error);
    }
    return Promise.resolve(result).then(this.#endWith, this.#failWith) as Promise<R>;
  }

  #endWith = <R>(value: R): R | Promise<R> => {
    const outcome = this.#finish("ok");
    raise(outcome);
    return outcome?.wait === undefined ? value : outcome.wait.then(() => value);
  };

  #failWith = (error: unknown): never => {
    this.fail(error);
    throw error;
  };

  #enter<R>(body: () => R): R {
    const { frames } = sharedState;
    const frame = this.#frame;
    const dispatcher = this.#place?.host.dispatcher;
    if (frame === undefined || dispatcher === undefined) return body();
    const { arounds } = dispatcher;
    const run =
      arounds.length === 0
        ? body
        : () => runAround(arounds, this.#sizes!, this.#full, body, dispatcher.report);
    return frames.getStore() === frame ? run() : frames.run(frame, run);
  }

  #fail(error: unknown): Outcome | undefined {
    if (this.#sizes === undefined || this.ended) return undefined;
    if (isAbort(error, this.#signal)) return this.#finish("aborted");
    blame(this.#sizes, error);
    return this.#finish("error");
  }

  #finish(status: EventStatus): Outcome | undefined {
    const sizes = this.#sizes;
    if (this.#place === undefined || sizes === undefined || this.ended) return undefined;
    const { host, ownsTrace, trace } = this.#place;
    const full = this.#full;
    sizes.status = status;
    if (this.#end !== undefined) {
      const { facts, content } = splitPayload(this.#end, this.type, "end", host);
      if (facts !== undefined) sizes.endPayload = facts;
      if (full) full.endPayload = content === undefined ? sizes.endPayload : { ...facts, content };
    }
    sizes.ended = performance.now();
    sizes.thrownBelow = undefined;
    if (full) {
      full.status = status;
      full.ended = sizes.ended;
      full.error = sizes.error;
      full.origin = sizes.origin;
    }
    host.openEvents--;
    const outcome = host.dispatcher.ended(this.type, sizes, full);
    return ownsTrace ? join(outcome, host.dispatcher.tell("endTrace", trace)) : outcome;
  }

  #reportRaised(outcome: Outcome | undefined): void {
    if (outcome?.raised) this.#reportFailure(outcome.raised.error);
    outcome?.wait?.catch((error: unknown) => this.#reportFailure(error));
  }

  /** A handler's error while another one is on its way up: that one goes first. */
  #reportFailure(error: unknown): void {
    this.#place?.host.dispatcher.report(error, raising, "onEventEnd");
  }
}

/** Stands for the handler in a report where several may have raised. */
const raising = { name: "a handler with raiseErrors" };

function raise(outcome: Outcome | undefined): void {
  if (outcome?.raised) throw outcome.raised.error;
}

function join(first: Outcome, second: Outcome): Outcome {
  if (first === nothingToDo) return second;
  if (second === nothingToDo) return first;
  const waits = [first.wait, second.wait].filter((wait) => wait !== undefined);
  return {
    wait: waits.length === 0 ? undefined : Promise.all(waits).then(() => {}),
    raised: first.raised ?? second.raised,
  };
}

/** Records an error at the event where it was thrown, and a reference at those it passes through. */
function blame(record: EventRecord, error: unknown): void {
  const { trace } = record;
  const above = record.parent ?? trace;
  if ((typeof error === "object" && error !== null) || typeof error === "function") {
    record.origin = trace.originOf(error);
    if (record.origin === undefined) {
      record.error = error;
      trace.rememberError(error, record);
    }
    return;
  }
  // A primitive has no identity: it is the same error only where it comes up from below.
  record.origin = record.thrownBelow?.get(error);
  if (record.origin === undefined) record.error = error;
  (above.thrownBelow ??= new Map()).set(error, record.origin ?? record);
}

function mapEvent(trace: Trace, record: EventRecord): void {
  const map = (trace.map ??= new Map<string, string[]>());
  const parent = record.parent?.id ?? "root";
  const siblings = map.get(parent);
  if (siblings) siblings.push(record.id);
  else map.set(parent, [record.id]);
}
