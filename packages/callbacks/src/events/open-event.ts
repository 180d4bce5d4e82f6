import { isObject, isThenable } from "@llx/support";
import type { EventContext, EventOptions } from "../contract/event-context.ts";
import type { EventStatus } from "../contract/event.ts";
import type {
  BareEventType,
  EndPayload,
  EventType,
  PayloadArgument,
  PayloadInput,
} from "../contract/event-type.ts";
import { mergeOutcomes } from "../delivery/dispatcher.ts";
import type { Outcome } from "../delivery/handler-delivery.ts";
import { runInContext } from "../delivery/run-in-context.ts";
import { splitPayload } from "../payloads/redact.ts";
import { isAbort } from "../support/is-abort.ts";
import { EventRecord } from "../traces/event-record.ts";
import type { Frame, TraceFrame } from "../traces/frame.ts";
import { recordError } from "../traces/record-error.ts";
import { sharedState } from "../traces/shared-state.ts";
import { isLeaf } from "./define-event-type.ts";
import type { EventRuntime } from "./event-runtime.ts";
import type { ManagedEvent } from "./managed-event.ts";
import { nullEvent } from "./null-event.ts";
import type { Abandonable, OpenEntry } from "./open-events.ts";

/** Where an event starts. */
export interface EventPosition {
  /** This manager's part of the trace. */
  readonly trace: TraceFrame;
  /** The frame around the event; without it, the event starts the trace and ends it. */
  readonly outer: Frame | undefined;
  /** The id of the event, where its caller has one: 16 hexadecimal digits. */
  readonly id?: string | undefined;
}

/** An event that handlers receive. */
export class OpenEvent<T extends EventType = EventType> implements ManagedEvent<T>, Abandonable {
  readonly type: T;
  readonly #runtime: EventRuntime;
  /** What handlers without content see. */
  readonly #sizes: EventRecord;
  /** What handlers with content see, if there are any. */
  readonly #full: EventRecord | undefined;
  /** The frame of the children; a leaf shares the one around it with them. */
  readonly #frame: Frame;
  readonly #ownsTrace: boolean;
  readonly #options: EventOptions | undefined;
  readonly #started: Outcome | undefined;
  readonly #entry: OpenEntry;
  #end: object | undefined;
  #chunks = 0;

  constructor(
    runtime: EventRuntime,
    type: T,
    { trace, outer, id }: EventPosition,
    payload?: object,
    options?: EventOptions,
  ) {
    const { dispatcher } = runtime;
    const started = outer === undefined ? trace.started : performance.now();
    const { facts, content } = splitPayload(payload, type, "start", runtime);
    const parent = outer?.record ?? (outer ?? trace).trace.outerRecord;
    const sizes = new EventRecord(type, trace, parent, (outer ?? trace).tags, facts, started, id);
    this.type = type;
    this.#runtime = runtime;
    this.#sizes = sizes;
    this.#options = options;
    this.#frame = isLeaf(type) ? (outer ?? trace) : sizes;
    this.#ownsTrace = outer === undefined;
    if (dispatcher.full) {
      this.#full = sizes.withPayload(content === undefined ? sizes.payload : { ...facts, content });
    }
    if (dispatcher.traceMap) addToTraceMap(trace, sizes);
    this.#entry = runtime.openEvents.add(this);
    const traceStarted = this.#ownsTrace ? dispatcher.notifyTrace("startTrace", trace) : undefined;
    this.#started = mergeOutcomes(traceStarted, dispatcher.notifyStart(sizes, this.#full));
  }

  get id(): string {
    return this.#sizes.id;
  }

  get recorded(): boolean {
    return true;
  }

  get ended(): boolean {
    return !Number.isNaN(this.#sizes.ended);
  }

  set(payload: PayloadInput<EndPayload<T>>): void {
    try {
      const given = typeof payload === "function" ? (payload as () => object)() : payload;
      this.#end = this.#end ? merged(this.#end, given) : given;
    } catch (error) {
      // A getter of the payload, or a function that makes it: see `traced`.
      this.#runtime.dispatcher.report(error, {}, "payload");
    }
  }

  chunk(content?: unknown): void {
    this.#throwRaised(this.#notifyChunk(content));
  }

  onEnd(payload?: PayloadInput<EndPayload<T>>): void {
    if (payload !== undefined) this.set(payload);
    this.#throwRaised(this.#finish("ok"));
  }

  fail(error: unknown): void {
    const outcome = this.#fail(error);
    if (outcome !== undefined) void this.#reportErrors(outcome);
  }

  abandon(): void {
    const outcome = this.#finish("aborted");
    if (outcome !== undefined) void this.#reportErrors(outcome);
  }

  run<R>(body: () => R): R {
    return this.#enter(body);
  }

  child<U extends BareEventType>(type: U): EventContext<U>;
  child<U extends EventType>(type: U, payload: PayloadArgument<U>): EventContext<U>;
  child<U extends EventType>(type: U, payload?: object): EventContext<U> {
    return this.startChild(type, payload);
  }

  startChild<U extends EventType>(type: U, payload: object | undefined, id?: string): ManagedEvent<U> {
    if (!this.#runtime.dispatcher.active) return nullEvent(type);
    const position = { trace: this.#sizes.trace, outer: this.#frame, id };
    return new OpenEvent(this.#runtime, type, position, payload).checkStart();
  }

  [Symbol.dispose](): void {
    this.onEnd();
  }

  checkStart(): this {
    try {
      this.#throwRaised(this.#started);
      return this;
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  async ready(): Promise<void> {
    await afterHandlers(this.#started, undefined);
  }

  async passChunk<C>(chunk: C): Promise<C> {
    return afterHandlers(this.#notifyChunk(chunk), chunk);
  }

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
        return outcome === undefined ? value : afterHandlers(outcome, value);
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

  #notifyChunk(content: unknown): Outcome | undefined {
    if (this.ended) return undefined;
    const { dispatcher } = this.#runtime;
    const shown = dispatcher.full
      ? splitPayload({ content }, this.type, "chunk", this.#runtime).content
      : undefined;
    return dispatcher.notifyChunk(this.#sizes, this.#full, this.#chunks++, shown);
  }

  #endWith<R>(value: R): Promise<R> {
    return afterHandlers(this.#finish("ok"), value);
  }

  async #failWith(error: unknown): Promise<never> {
    const outcome = this.#fail(error);
    if (outcome !== undefined) await this.#reportErrors(outcome);
    throw error;
  }

  /** For a holder that cannot wait: throws what was raised, and reports what a handler rejects with later. */
  #throwRaised(outcome: Outcome | undefined): void {
    if (outcome?.wait) void this.#reportErrors({ wait: outcome.wait });
    raise(outcome);
  }

  /** Reports the errors of handlers that cannot be thrown: another one is being thrown, or it is too late. */
  async #reportErrors(outcome: Outcome): Promise<void> {
    if (outcome.raised) this.#report(outcome.raised.error);
    try {
      await outcome.wait;
    } catch (error) {
      this.#report(error);
    }
  }

  /** Runs a body in the frame of this event, and in the contexts of handlers. */
  #enter<R>(body: (event: this) => R): R {
    const { frames } = sharedState;
    const frame = this.#frame;
    const { contexts, report } = this.#runtime.dispatcher;
    if (contexts.length > 0) {
      const run = (): R => runInContext(contexts, this.#sizes, this.#full, () => body(this), report);
      return frames.run(frame, run);
    }
    // A leaf has the frame of its caller, which need not be entered again.
    return frame !== this.#sizes && frames.getStore() === frame ? body(this) : frames.run(frame, body, this);
  }

  #fail(error: unknown): Outcome | undefined {
    if (this.ended) return undefined;
    if (isAbort(error, this.#options?.signal)) return this.#finish("aborted");
    recordError(this.#sizes, error);
    return this.#finish("error");
  }

  #finish(status: EventStatus): Outcome | undefined {
    const sizes = this.#sizes;
    if (this.ended) return undefined;
    const runtime = this.#runtime;
    const full = this.#full;
    sizes.status = status;
    if (this.#end !== undefined) {
      const { facts, content } = splitPayload(this.#end, this.type, "end", runtime);
      if (facts !== undefined) sizes.endPayload = facts;
      if (full) full.endPayload = content === undefined ? sizes.endPayload : { ...facts, content };
    }
    sizes.ended = performance.now();
    if (full) {
      full.status = status;
      full.ended = sizes.ended;
      full.failure = sizes.failure;
    }
    runtime.openEvents.delete(this.#entry);
    const outcome = runtime.dispatcher.notifyEnd(sizes, full);
    return this.#ownsTrace
      ? mergeOutcomes(outcome, runtime.dispatcher.notifyTrace("endTrace", sizes.trace))
      : outcome;
  }

  #report(error: unknown): void {
    this.#runtime.dispatcher.report(error, { name: "a handler with raiseErrors" }, "onEventEnd");
  }
}

function raise(outcome: Outcome | undefined): void {
  if (outcome?.raised) throw outcome.raised.error;
}

/** A result, once the handlers that must be awaited are done. */
async function afterHandlers<R>(outcome: Outcome | undefined, value: R): Promise<R> {
  await outcome?.wait;
  raise(outcome);
  return value;
}

function addToTraceMap(trace: TraceFrame, record: EventRecord): void {
  const map = (trace.map ??= new Map<string, string[]>());
  const parent = record.parent?.trace === trace ? record.parent.id : "root";
  const siblings = map.get(parent);
  if (siblings) siblings.push(record.id);
  else map.set(parent, [record.id]);
}

/** Later values replace earlier ones; those of a usage one by one, as streams report its counts in parts. */
function merged(before: { readonly usage?: unknown }, later: { readonly usage?: unknown }): object {
  const areParts = isObject(before.usage) && isObject(later.usage);
  return { ...before, ...later, ...(areParts && { usage: { ...before.usage, ...later.usage } }) };
}
