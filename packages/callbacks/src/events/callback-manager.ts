import type { CallbackHandler, Capture } from "./callback-handler.ts";
import { Dispatcher, type OnHandlerError } from "./dispatcher.ts";
import { EventContext } from "./event-context.ts";
import type { EventHost } from "./event-runtime.ts";
import type {
  BareEventType,
  EndPayload,
  EventType,
  PayloadArgument,
  PayloadInput,
  StartPayload,
} from "./event-type.ts";
import { EventStream, type StreamSource } from "./event-stream.ts";
import { OpenEvents } from "./open-events.ts";
import type { Redact } from "./redact.ts";
import { sharedState } from "./shared-state.ts";
import { type Frame, Trace } from "./trace.ts";
import { TraceHandle } from "./trace-handle.ts";

/** Whether a trace with this name is recorded: a share from 0 to 1, or a function that decides. */
export type Sample = number | ((trace: { readonly name: string }) => boolean);

/** Who is told of the events, and what happens when a handler fails. */
export interface CallbackManagerOptions {
  readonly handlers?: readonly CallbackHandler[] | undefined;
  /** The most that any handler may see of payloads. Default `"full"`; what nobody asks for is not collected. */
  readonly capture?: Capture | undefined;
  /** Sees and may change each payload before any handler does. */
  readonly redact?: Redact | undefined;
  /** Which traces are recorded. Decided at the top of a trace, for all of it. Default: each. */
  readonly sample?: Sample | undefined;
  /** Told of each failure of a handler. Default: the first of each kind is printed to stderr. */
  readonly onHandlerError?: OnHandlerError | undefined;
}

/** What tells an abort from a failure of an event. */
export interface EventOptions {
  /** An error that is this signal's reason ends the event as `"aborted"`. Looked at only where there is an error. */
  readonly signal?: AbortSignal | undefined;
}

type Body<T extends EventType, R> = (event: EventContext<T>) => R | PromiseLike<R>;

/** How long `aclose` waits for handlers, in milliseconds. */
const closeGrace = 10_000;

/**
 * Tells handlers what happens: events with a start, an end and a parent, in traces that stay apart under
 * concurrency. It costs next to nothing while nobody listens, and never changes the result of the work.
 *
 * @example
 * ```ts
 * const manager = new CallbackManager({ handlers: [new DebugHandler()] });
 * const reply = await manager.event("query", async () => answer("Which?"));
 * ```
 */
export class CallbackManager implements AsyncDisposable {
  readonly #dispatcher: Dispatcher;
  readonly #host: EventHost;
  readonly #sample: Sample | undefined;
  #closing: Promise<void> | undefined;
  #startedById: Map<string, EventContext> | undefined;

  /** @throws TypeError for handlers that are none, that stand there twice, or that need what is denied */
  constructor(options: CallbackManagerOptions = {}) {
    const isObject = typeof options === "object" && options !== null && !Array.isArray(options);
    if (!isObject || "onEventStart" in options || "onEventEnd" in options) {
      throw new TypeError(
        "CallbackManager takes its handlers by name: new CallbackManager({ handlers: [handler] })",
      );
    }
    const { handlers = [], capture = "full", redact, sample, onHandlerError } = options;
    if (capture !== "full" && capture !== "sizes") {
      throw new TypeError(`capture must be "sizes" or "full", not ${JSON.stringify(capture)}`);
    }
    if (typeof sample === "number" && !(sample >= 0 && sample <= 1)) {
      throw new RangeError(`sample must be a share from 0 to 1, not ${sample}`);
    }
    this.#sample = sample;
    this.#dispatcher = new Dispatcher(capture, onHandlerError);
    this.#dispatcher.own = handlers;
    this.#host = {
      manager: this,
      dispatcher: this.#dispatcher,
      redact,
      openEvents: new OpenEvents(),
      openTraces: new Set(),
      start: (type, payload, under) =>
        this.#dispatcher.active ? this.#start(type, payload, under).begun() : new EventContext(type),
    };
  }

  /** The handlers of this manager, without the global ones. */
  get handlers(): readonly CallbackHandler[] {
    return this.#dispatcher.own;
  }

  /** Events that have started and not ended. */
  get openEvents(): number {
    return this.#host.openEvents.size;
  }

  /** What slow handlers were not told of, because too much was waiting for them. */
  get droppedEvents(): number {
    return this.#dispatcher.dropped;
  }

  /** Whether {@link aclose} was called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Adds a handler. It is told of what starts from now on, and of the ends of events that are open; of those that started
   * while nobody listened, nothing is known.
   *
   * @throws TypeError as the constructor; Error when the manager is closed
   */
  addHandler(handler: CallbackHandler): void {
    this.#throwIfClosed();
    this.#dispatcher.own = [...this.#dispatcher.own, handler];
  }

  /** Removes a handler; one that is not there is no error. */
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
    const bodyIsSecond = typeof payloadOrBody === "function";
    const body = (bodyIsSecond ? payloadOrBody : bodyOrOptions) as Body<T, R>;
    if (typeof body !== "function") {
      throw new TypeError(`event("${type}") needs a function to run, not ${typeof body}`);
    }
    this.#dispatcher.refresh();
    if (!this.#dispatcher.active) return settle(body, inert as EventContext<T>);
    const frame = sharedState.frames.getStore();
    if (frame?.trace.sampled === false) return settle(body, inert as EventContext<T>);
    const options = (bodyIsSecond ? bodyOrOptions : lastOptions) as EventOptions | undefined;
    const payload = bodyIsSecond ? undefined : payloadOrBody;
    const event = this.#start(type, payload, frame, options);
    if (event.recorded) return event.runBody(body);
    const unsampled = new Trace(type, this, { sampled: false, started: 0 });
    return sharedState.frames.run(unsampled, settle, body, event);
  }

  /**
   * Starts an event that its holder ends. It never changes the async context: see {@link EventContext.run}.
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
    this.#dispatcher.refresh();
    const frame = sharedState.frames.getStore();
    if (!this.#dispatcher.active || frame?.trace.sampled === false) return new EventContext(type);
    return this.#start(type, payload, frame, options).begun();
  }

  /**
   * Wraps an async iterable in an event: it starts with the first item asked for, ends with the last one or
   * when the consumer leaves, and each item is made inside it, wherever it is consumed.
   */
  stream<T extends EventType, C>(
    type: T,
    payload: PayloadArgument<T>,
    source: StreamSource<T, C>,
    options?: EventOptions,
  ): AsyncIterableIterator<C> & AsyncDisposable {
    const frame = sharedState.frames.getStore();
    return new EventStream(source, () => {
      this.#dispatcher.refresh();
      if (!this.#dispatcher.active || frame?.trace.sampled === false) return new EventContext(type);
      return this.#start(type, payload, frame, options);
    });
  }

  /** Runs a function in a trace with this name. Inside a trace, it joins that one. */
  async asTrace<R>(name: string, body: () => R | PromiseLike<R>): Promise<R> {
    const trace = this.startTrace(name);
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
   * Starts a trace that its holder ends; inside a trace, it joins that one. It never changes the async
   * context: what belongs to the trace is run with its `run`.
   */
  startTrace(name: string): TraceHandle {
    this.#dispatcher.refresh();
    const frame = sharedState.frames.getStore();
    if (!this.#dispatcher.active || frame?.trace.sampled === false) return new TraceHandle(name);
    const outer = frame?.trace.partOf(this);
    if (outer) return new TraceHandle(name, this.#host, outer, frame);
    return new TraceHandle(name, this.#host, this.#newTrace(name, frame, performance.now()));
  }

  /** Ends a trace; ending it twice does nothing. */
  endTrace(trace: TraceHandle): void {
    trace.end();
  }

  /** For code written against the original: starts an event and returns its id. Prefer {@link event}. */
  onEventStart<T extends EventType>(
    type: T,
    payload?: PayloadInput<StartPayload<T>>,
    options: { readonly parentId?: string } = {},
  ): string {
    const parent = this.#startedById?.get(options.parentId ?? "");
    const given = payload as PayloadArgument<T>;
    const event = parent ? parent.child(type, given) : this.startEvent(type, given);
    if (event.id === undefined) return "";
    (this.#startedById ??= new Map()).set(event.id, event);
    return event.id;
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
      const error = new RangeError(`no open event of type ${type} has the id ${JSON.stringify(eventId)}`);
      this.#dispatcher.report(error, { name: "CallbackManager" }, "onEventEnd");
    }
  }

  /**
   * Waits until every handler has dealt with what it was told, and has flushed.
   *
   * @throws the reason of `signal`, when it is aborted before that
   */
  async flush(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#dispatcher.flush(options.signal);
  }

  /**
   * Ends open events as `"aborted"`, flushes (for up to 10 seconds) and closes the handlers of this manager, not the global
   * ones. From the call on its events reach nobody; the work inside them runs as before.
   */
  aclose(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  #throwIfClosed(): void {
    if (this.closed) throw new Error("the callback manager is closed; make a new one for other handlers");
  }

  async #close(): Promise<void> {
    this.#dispatcher.stop();
    this.#host.openEvents.abandonAll();
    for (const trace of [...this.#host.openTraces].toReversed()) trace.abandon();
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new Error(`handlers were not done ${closeGrace / 1000} s after aclose()`));
    }, closeGrace);
    try {
      await this.#dispatcher.flush(late.signal);
    } catch (error) {
      this.#dispatcher.report(error, { name: "CallbackManager" }, "aclose");
    } finally {
      clearTimeout(timer);
    }
    await this.#dispatcher.closeOwn();
  }

  #start<T extends EventType>(
    type: T,
    payload: object | undefined,
    frame: Frame | undefined,
    options?: EventOptions,
  ): EventContext<T> {
    const started = performance.now();
    const joined = frame?.trace.partOf(this);
    if (joined !== undefined)
      return new EventContext(type, this.#host, joined, frame, payload, options, started);
    const trace = this.#newTrace(type, frame, started);
    if (!trace.sampled) return inert as EventContext<T>;
    return new EventContext(type, this.#host, trace, undefined, payload, options, started);
  }

  /** A trace with this name, or this manager's part of one that it stands in; sampled or not. */
  #newTrace(name: string, outer: Frame | undefined, started: number): Trace {
    const sample = outer === undefined ? this.#sample : undefined;
    const sampled =
      sample === undefined ||
      (typeof sample === "number" ? Math.random() < sample : this.#decide(sample, name));
    return new Trace(outer?.trace.name ?? name, this, { sampled, outer, started });
  }

  #decide(sample: (trace: { readonly name: string }) => boolean, name: string): boolean {
    try {
      return sample({ name });
    } catch (error) {
      this.#dispatcher.report(error, { name: "CallbackManager" }, "sample");
      return false;
    }
  }
}

/** The event of those to whom nobody listens. */
const inert = new EventContext("async_job");

function settle<A, R>(body: (argument: A) => R | PromiseLike<R>, argument: A): Promise<R> {
  try {
    return Promise.resolve(body(argument));
  } catch (error) {
    return Promise.reject(error);
  }
}
