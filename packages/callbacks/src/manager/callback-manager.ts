import { checkFunction, checkNames, describeKind, type NamesOf } from "@llx/support";
import type { CallbackHandler, Capture } from "../contract/callback-handler.ts";
import { checkFilters } from "../contract/check-filters.ts";
import type { EventContext, EventOptions } from "../contract/event-context.ts";
import type {
  BareEventType,
  EndPayload,
  EventType,
  PayloadArgument,
  PayloadInput,
  StartPayload,
} from "../contract/event-type.ts";
import type { TraceHandle } from "../contract/trace-handle.ts";
import { Dispatcher, type OnHandlerError } from "../delivery/dispatcher.ts";
import type { EventRuntime } from "../events/event-runtime.ts";
import { EventStream, type StreamSource } from "../events/event-stream.ts";
import type { ManagedEvent } from "../events/managed-event.ts";
import type { ManagedTrace } from "../events/managed-trace.ts";
import { NullEvent, nullEvent } from "../events/null-event.ts";
import { NullTrace } from "../events/null-trace.ts";
import { OpenEvent } from "../events/open-event.ts";
import { OpenEvents } from "../events/open-events.ts";
import { OpenTrace } from "../events/open-trace.ts";
import type { Redact } from "../payloads/redact.ts";
import { type Frame, insideTrace, type TagFrame } from "../traces/frame.ts";
import { sharedState } from "../traces/shared-state.ts";
import { Trace } from "../traces/trace.ts";
import { readTraceVariable } from "./trace-variable.ts";
import { checkSample, isSampled, type Sample } from "./sample.ts";

/** The handlers, what they may see, and what happens when one fails. */
export interface CallbackManagerOptions {
  readonly handlers?: readonly CallbackHandler[] | undefined;
  /** The most that any handler may see of payloads. Default `"full"`; content that no handler asks for is not collected. */
  readonly capture?: Capture | undefined;
  /** Receives each payload before any handler does, and returns what handlers may see. */
  readonly redact?: Redact | undefined;
  /** Which traces are recorded. Decided at the top of a trace, for the whole trace. Default: all. */
  readonly sample?: Sample | undefined;
  /** Receives each failure of a handler. Default: the first of each kind is printed to stderr. */
  readonly onHandlerError?: OnHandlerError | undefined;
}

const managerNames: NamesOf<CallbackManagerOptions> = {
  handlers: true,
  capture: true,
  redact: true,
  sample: true,
  onHandlerError: true,
};

type Body<T extends EventType, R> = (event: EventContext<T>) => R | PromiseLike<R>;

/** How long `aclose` waits for handlers, in milliseconds. */
const closeGrace = 10_000;

/**
 * Notifies handlers of events, which have a start, an end and a parent, in traces that stay separate under concurrency.
 * It costs next to nothing without handlers, and never changes the result of the work.
 *
 * @example
 * ```ts
 * const manager = new CallbackManager({ handlers: [new DebugHandler()] });
 * const reply = await manager.event("query", async () => answer("Which?"));
 * ```
 */
export class CallbackManager implements AsyncDisposable {
  readonly #dispatcher: Dispatcher;
  readonly #runtime: EventRuntime;
  readonly #sample: Sample | undefined;
  #closing: Promise<void> | undefined;
  /** What starts from now on is lost: it reaches no handler any more. */
  #warnsOfLoss = false;
  #startedById: Map<string, EventContext> | undefined;

  /**
   * @throws TypeError for a value that is not a handler or would never be called, a duplicate, a handler that needs more than
   *   `capture` allows, and an unknown option or one of a wrong kind
   */
  constructor(options: CallbackManagerOptions = {}) {
    const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
    if (!isObject || "onEventStart" in options || "onEventEnd" in options) {
      throw new TypeError(
        "CallbackManager takes its handlers by name: new CallbackManager({ handlers: [handler] })",
      );
    }
    checkNames(options, managerNames);
    const { handlers = [], capture = "full", redact, sample, onHandlerError } = options;
    checkFilters({ capture });
    if (redact !== undefined) checkFunction("redact", redact);
    if (onHandlerError !== undefined) checkFunction("onHandlerError", onHandlerError);
    checkSample(sample);
    readTraceVariable();
    this.#sample = sample;
    this.#dispatcher = new Dispatcher(capture, onHandlerError);
    this.#dispatcher.own = handlers;
    this.#runtime = {
      dispatcher: this.#dispatcher,
      redact,
      openEvents: new OpenEvents(),
      openTraces: new Set(),
    };
  }

  /** The handlers of this manager, without the global ones. */
  get handlers(): readonly CallbackHandler[] {
    return this.#dispatcher.own;
  }

  /** Events that have started and not ended. */
  get openEvents(): number {
    return this.#runtime.openEvents.size;
  }

  /** Calls of slow handlers that were dropped, because too many were queued. */
  get droppedEvents(): number {
    return this.#dispatcher.dropped;
  }

  /** Whether {@link aclose} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Adds a handler. It receives what starts from now on, and the ends of open events, except those that started without
   * any handler: they are not recorded.
   *
   * @throws TypeError as the constructor; Error when the manager is closed
   */
  addHandler(handler: CallbackHandler): void {
    this.#throwIfClosed();
    this.#dispatcher.own = [...this.#dispatcher.own, handler];
  }

  /** Removes a handler; does nothing for one that was not added. */
  removeHandler(handler: CallbackHandler): void {
    if (this.closed) return;
    this.#dispatcher.own = this.#dispatcher.own.filter((each) => each !== handler);
  }

  /** @throws TypeError as the constructor; Error when the manager is closed */
  setHandlers(handlers: readonly CallbackHandler[]): void {
    this.#throwIfClosed();
    this.#dispatcher.own = handlers;
  }

  /**
   * Runs a body as an event: what starts inside becomes a child of it, and it ends with the body, as `"ok"`,
   * `"error"` or `"aborted"`.
   *
   * @returns what the body returns
   * @throws what the body throws, or a handler that declares `raiseErrors`
   */
  event<T extends BareEventType, R>(type: T, body: Body<T, R>, options?: EventOptions): Promise<R>;
  event<T extends EventType, R>(
    type: T,
    payload: PayloadArgument<T>,
    body: Body<T, R>,
    options?: EventOptions,
  ): Promise<R>;
  event<T extends EventType, R>(
    type: T,
    payloadOrBody: object | undefined | Body<T, R>,
    bodyOrOptions?: Body<T, R> | EventOptions,
    lastOptions?: EventOptions,
  ): Promise<R> {
    // Of two functions, the first makes the payload: see `traced`.
    const bodyIsSecond = typeof payloadOrBody === "function" && typeof bodyOrOptions !== "function";
    const body = (bodyIsSecond ? payloadOrBody : bodyOrOptions) as Body<T, R>;
    // A promise in place of the function is the second argument.
    checkBody("event", type, body ?? payloadOrBody);
    if (!this.#isListening(type)) return nullEvent(type).runBody(body);
    const options = bodyIsSecond ? bodyOrOptions : lastOptions;
    const payload = bodyIsSecond ? undefined : payloadOrBody;
    return this.#start(type, payload, options, sharedState.frames.getStore()).runBody(body);
  }

  /**
   * Starts an event that its holder ends. It does not change the async context: see {@link EventContext.run}.
   *
   * @throws what a handler that declares `raiseErrors` throws
   */
  startEvent<T extends BareEventType>(type: T): EventContext<T>;
  startEvent<T extends EventType>(
    type: T,
    payload: PayloadArgument<T>,
    options?: EventOptions,
  ): EventContext<T>;
  startEvent<T extends EventType>(type: T, payload?: object, options?: EventOptions): EventContext<T> {
    if (!this.#isListening(type)) return nullEvent(type);
    return this.#start(type, payload, options, sharedState.frames.getStore()).checkStart();
  }

  /**
   * Wraps an async iterable in an event, which starts when the first item is requested and ends with the last one or
   * when the consumer stops. Each item is produced inside the event, wherever it is consumed.
   */
  stream<T extends EventType, C>(
    type: T,
    payload: PayloadArgument<T>,
    source: StreamSource<T, C>,
    options?: EventOptions,
  ): AsyncIterableIterator<C> & AsyncDisposable {
    const frame = sharedState.frames.getStore();
    return new EventStream(source, () =>
      this.#isListening(type) ? this.#start(type, payload, options, frame) : nullEvent(type),
    );
  }

  /**
   * Runs a function in a trace with this name. Inside a trace, it joins that one.
   *
   * @throws TypeError for a name that is not a string, and for work that is not a function, such as a promise of it
   */
  async asTrace<R>(name: string, body: () => R | PromiseLike<R>): Promise<R> {
    if (typeof name !== "string") {
      throw new TypeError(
        `asTrace takes a name and a function to run, as in asTrace("ask", fn), not ${describeKind(name)} as the name`,
      );
    }
    checkBody("asTrace", name, body);
    const trace = this.#startTrace(name);
    let value: R;
    try {
      const ready = trace.ready();
      if (ready !== undefined) await ready;
      value = await trace.run(body);
    } catch (error) {
      trace.recordError(error);
      await trace.close(false);
      throw error;
    }
    await trace.close(true);
    return value;
  }

  /**
   * Starts a trace that its holder ends; inside a trace, it joins that one. It does not change the async
   * context: use the trace's `run` for what belongs to it.
   */
  startTrace(name: string): TraceHandle {
    if (typeof name !== "string") {
      throw new TypeError(`startTrace takes the name of the trace, not ${describeKind(name)}`);
    }
    return this.#startTrace(name);
  }

  /** Ends a trace; a second call does nothing. */
  endTrace(trace: TraceHandle): void {
    trace.end();
  }

  /**
   * For code written against the original: starts an event and returns its id. Prefer {@link event}.
   *
   * `eventId` may be any string: {@link onEventEnd} and `parentId` take it. Handlers see it as the event's `id` if it has 16
   * hexadecimal digits, as that of a span; else the event has one of its own. `parentId` is the id of an open event of this
   * manager, however it was started; the default is the event around the call. An `eventId` that is taken, and a `parentId`
   * that is not open, are reported, not thrown.
   */
  onEventStart<T extends EventType>(
    type: T,
    payload?: PayloadInput<StartPayload<T>>,
    options: { readonly parentId?: string; readonly eventId?: string } = {},
  ): string {
    checkNames(options, { parentId: true, eventId: true });
    const { parentId = "", eventId = "" } = options;
    const isTaken = this.#startedById?.has(eventId) ?? false;
    const given = isTaken ? "" : eventId;
    const id = /^(?!0{16})[\da-f]{16}$/.test(given) ? given : undefined;
    const parent = this.#startedById?.get(parentId) ?? this.#runtime.openEvents.find(parentId);
    const isListening = this.#isListening(type);
    if (isTaken) this.#reportId(`an event with the id ${JSON.stringify(eventId)} is open already`);
    if (isListening && parent === undefined && parentId !== "") {
      this.#reportId(`no open event has the id ${JSON.stringify(parentId)}, so it is not the parent`);
    }
    const event =
      parent instanceof OpenEvent
        ? parent.startChild(type, payload, id)
        : isListening
          ? this.#start(type, payload, undefined, sharedState.frames.getStore(), id).checkStart()
          : nullEvent(type);
    const key = given || (event.id ?? "");
    if (key !== "") (this.#startedById ??= new Map()).set(key, event);
    return key;
  }

  /** Ends an event that {@link onEventStart} started. An id that is not open is reported, not thrown. */
  onEventEnd<T extends EventType>(
    type: T,
    payload: PayloadInput<EndPayload<T>> | undefined,
    eventId: string,
  ): void {
    const event = this.#startedById?.get(eventId) as EventContext<T> | undefined;
    if (event) {
      this.#startedById?.delete(eventId);
      event.onEnd(payload);
    } else if (eventId !== "") {
      this.#reportId(`no open event of type ${type} has the id ${JSON.stringify(eventId)}`, "onEventEnd");
    }
  }

  /**
   * Waits until every handler has processed its calls, and has flushed.
   *
   * @throws the reason of `signal`, if it is aborted first
   */
  async flush(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    checkNames(options, { signal: true });
    await this.#dispatcher.flush(options.signal);
  }

  /**
   * Ends open events as `"aborted"`, flushes (for up to 10 seconds) and closes the handlers of this manager, not the global
   * ones. From now on its events reach no handler; the work inside them runs as before. The first one is a process warning:
   * close the manager after the last call.
   */
  aclose(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  #reportId(message: string, hook = "onEventStart"): void {
    this.#dispatcher.report(new RangeError(message), { name: "CallbackManager" }, hook);
  }

  #throwIfClosed(): void {
    if (this.closed) throw new Error("the callback manager is closed; make a new one for other handlers");
  }

  #warnOfLoss(name: string): void {
    this.#warnsOfLoss = false;
    process.emitWarning(
      `${name} has started after aclose() of its CallbackManager: handlers receive nothing, and no tokenBudget stops it. ` +
        `Close it after the last call`,
      { type: "CallbackManagerClosed", code: "LLX_CALLBACK_MANAGER_CLOSED" },
    );
  }

  async #close(): Promise<void> {
    this.#dispatcher.refresh();
    const hadHandlers = this.#dispatcher.active;
    this.#dispatcher.stop();
    this.#runtime.openEvents.abandonAll();
    for (const trace of [...this.#runtime.openTraces].toReversed()) trace.abandon();
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new Error(`handlers have not finished ${closeGrace / 1000} s after aclose()`));
    }, closeGrace);
    try {
      await this.#dispatcher.flush(late.signal);
    } catch (error) {
      this.#dispatcher.report(error, { name: "CallbackManager" }, "aclose");
    } finally {
      clearTimeout(timer);
    }
    await this.#dispatcher.closeOwn();
    // A handler may start events until it is closed.
    this.#warnsOfLoss = hadHandlers;
  }

  #isListening(name: string): boolean {
    this.#dispatcher.refresh();
    if (this.#warnsOfLoss) this.#warnOfLoss(name);
    return this.#dispatcher.active;
  }

  #start<T extends EventType>(
    type: T,
    payload: object | undefined,
    options: EventOptions | undefined,
    caller: Frame | TagFrame | undefined,
    id?: string,
  ): ManagedEvent<T> {
    const outer = insideTrace(caller);
    if (outer?.trace.sampled === false) return new NullEvent(type, outer);
    const joined = outer?.trace.partOf(this);
    const trace = joined ?? this.#newTrace(type, caller);
    if (!trace.sampled) return new NullEvent(type, trace);
    const position = { trace, outer: joined && outer, id };
    return new OpenEvent(this.#runtime, type, position, payload, options);
  }

  #startTrace(name: string): ManagedTrace {
    if (!this.#isListening(name)) return new NullTrace(name);
    const caller = sharedState.frames.getStore();
    const outer = insideTrace(caller);
    if (outer?.trace.sampled === false) return new NullTrace(name, outer);
    const joined = outer?.trace.partOf(this);
    if (joined !== undefined) return new OpenTrace(name, this.#runtime, joined, outer);
    const trace = this.#newTrace(name, caller);
    return trace.sampled ? new OpenTrace(name, this.#runtime, trace) : new NullTrace(name, trace);
  }

  /** A trace with this name, or this manager's part of another manager's trace; sampled or not. */
  #newTrace(name: string, caller: Frame | TagFrame | undefined): Trace {
    const started = performance.now();
    const outer = insideTrace(caller);
    const sample = outer === undefined ? this.#sample : undefined;
    const sampled = isSampled(sample, name, this.#dispatcher);
    return new Trace(outer?.trace.name ?? name, this, { sampled, outer, started, tags: caller?.tags });
  }
}

/** @throws TypeError unless it is a function: also for a promise, whose work has begun outside */
function checkBody(method: string, name: string, body: unknown): void {
  if (typeof body !== "function") {
    throw new TypeError(`${method}("${name}") needs a function to run, not ${describeKind(body)}`);
  }
}
