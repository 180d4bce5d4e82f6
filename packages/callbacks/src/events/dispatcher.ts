import { type CallbackHandler, type Capture, handlerName } from "./callback-handler.ts";
import type { EventRecord } from "./event-record.ts";
import { HandlerDelivery, type Hook, hooks, type Outcome, waited } from "./handler-delivery.ts";
import { sharedState } from "./shared-state.ts";
import type { Trace } from "./trace.ts";

/** Where a handler failed. */
export interface HandlerErrorInfo {
  readonly handler: CallbackHandler;
  /** The method that failed, such as `"onEventEnd"`. */
  readonly hook: string;
}

/** Is told what a handler has thrown, and at which event. */
export type OnHandlerError = (error: unknown, info: HandlerErrorInfo) => void;

/** Brings what happens to the handlers of one manager and to the global ones. */
export class Dispatcher {
  readonly capture: Capture;
  /** Whether anybody listens. */
  active = false;
  /** Whether a handler wants content. */
  full = false;
  /** Whether a handler wants the tree of ids. */
  traceMap = false;
  arounds: readonly HandlerDelivery[] = [];
  #own: readonly CallbackHandler[] = [];
  #all: readonly HandlerDelivery[] = [];
  #byHook: Record<Hook, readonly HandlerDelivery[]> = emptyHooks();
  #seenGlobal = -1;
  #droppedBefore = 0;
  readonly #onHandlerError: OnHandlerError | undefined;
  readonly #told = new Map<CallbackHandler, Set<string>>();

  constructor(capture: Capture, onHandlerError: OnHandlerError | undefined) {
    this.capture = capture;
    this.#onHandlerError = onHandlerError;
  }

  get own(): readonly CallbackHandler[] {
    return this.#own;
  }

  set own(handlers: readonly CallbackHandler[]) {
    checkHandlers(handlers);
    for (const handler of handlers) {
      if (this.#denies(handler)) throw this.#denial(handler);
      if (sharedState.globalHandlers.includes(handler)) {
        throw new TypeError(
          `${handlerName(handler)} is a global handler already and would be told of everything twice`,
        );
      }
    }
    this.#own = [...handlers];
    this.#arrange();
  }

  get dropped(): number {
    return this.#all.reduce((sum, { dropped }) => sum + dropped, this.#droppedBefore);
  }

  /** Takes in a change of the global handlers. */
  refresh(): void {
    if (this.#seenGlobal !== sharedState.globalVersion) this.#arrange();
  }

  report = (error: unknown, handler: CallbackHandler, hook: string): void => {
    if (this.#onHandlerError) {
      try {
        this.#onHandlerError(error, { handler, hook });
        return;
      } catch (failure) {
        console.error("@llx/callbacks: onHandlerError itself failed:", failure);
      }
    }
    const told = this.#told.get(handler) ?? new Set();
    if (told.has(hook)) return;
    this.#told.set(handler, told.add(hook));
    const message =
      `@llx/callbacks: ${handlerName(handler)} failed in ${hook}; the work goes on. Further failures there ` +
      `are not printed: give the manager an onHandlerError to see each.`;
    try {
      console.error(message, error);
    } catch {
      // It does not want to be looked at.
      console.error(message);
    }
  };

  tell(hook: "startTrace" | "endTrace", trace: Trace): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook[hook]) {
      const map = hook === "endTrace" && delivery.handler.traceMap ? trace.map : undefined;
      outcome = both(outcome, delivery.call(hook, trace, map));
    }
    return outcome;
  }

  started(sizes: EventRecord, full: EventRecord | undefined): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook.onEventStart) {
      if (delivery.ignoredStarts?.has(sizes.type)) continue;
      outcome = both(outcome, delivery.call("onEventStart", delivery.full ? (full ?? sizes) : sizes));
    }
    return outcome;
  }

  ended(sizes: EventRecord, full: EventRecord | undefined): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook.onEventEnd) {
      if (delivery.ignoredEnds?.has(sizes.type)) continue;
      outcome = both(outcome, delivery.call("onEventEnd", delivery.full ? (full ?? sizes) : sizes));
    }
    return outcome;
  }

  chunk(
    sizes: EventRecord,
    full: EventRecord | undefined,
    index: number,
    content: unknown,
  ): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook.onEventChunk) {
      const told = delivery.full
        ? delivery.call("onEventChunk", full ?? sizes, { index, content })
        : delivery.call("onEventChunk", sizes, { index });
      outcome = both(outcome, told);
    }
    return outcome;
  }

  async flush(signal: AbortSignal | undefined): Promise<void> {
    this.refresh();
    const flushed = Promise.all(
      this.#all.map(async (delivery) => {
        await delivery.idle();
        try {
          await delivery.handler.flush?.({ signal });
        } catch (error) {
          this.report(error, delivery.handler, "flush");
        }
      }),
    );
    await raceAbort(flushed, signal);
  }

  async closeOwn(): Promise<void> {
    for (const handler of this.#own.toReversed()) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- last added, first closed
        await handler.aclose?.();
      } catch (error) {
        this.report(error, handler, "aclose");
      }
    }
  }

  /** From here on nobody is told of what starts: only ends of what is open are, and what waits already. */
  stop(): void {
    this.active = false;
    this.arounds = [];
    this.refresh = () => {};
  }

  #denies(handler: CallbackHandler): boolean {
    return handler.capture === "full" && this.capture !== "full";
  }

  #denial(handler: CallbackHandler): TypeError {
    return new TypeError(
      `${handlerName(handler)} needs the texts and vectors of events (capture: "full"), ` +
        `which this manager denies (capture: "sizes"); allow them in the manager, or set up the handler with sizes`,
    );
  }

  #arrange(): void {
    const known = new Map(this.#all.map((delivery) => [delivery.handler, delivery]));
    // One that has become a global handler too is told once.
    const handlers = [...new Set([...this.#own, ...sharedState.globalHandlers])];
    this.#all = handlers.map((handler) => {
      const before = known.get(handler);
      known.delete(handler);
      if (before) return before;
      if (this.#denies(handler)) this.report(this.#denial(handler), handler, "capture");
      return new HandlerDelivery(handler, handler.capture === "full" && this.capture === "full", this.report);
    });
    for (const gone of known.values()) this.#droppedBefore += gone.dropped;
    for (const hook of hooks) {
      this.#byHook[hook] = this.#all.filter(({ handler }) => handler[hook] !== undefined);
    }
    this.arounds = this.#all.filter(({ handler }) => handler.around !== undefined);
    this.active = this.#all.length > 0;
    this.full = this.#all.some((delivery) => delivery.full);
    this.traceMap = this.#all.some(({ handler }) => handler.traceMap === true);
    this.#seenGlobal = sharedState.globalVersion;
  }
}

/** @throws TypeError for a value that is no handler, and for one that stands there twice */
export function checkHandlers(handlers: readonly CallbackHandler[]): void {
  if (!Array.isArray(handlers)) {
    throw new TypeError(`handlers must be an array of handlers, not ${typeof handlers}`);
  }
  for (const [index, handler] of handlers.entries()) {
    if (typeof handler !== "object" || handler === null) {
      throw new TypeError(`handlers[${index}] must be an object with handler methods, not ${typeof handler}`);
    }
    if (handlers.indexOf(handler) !== index) {
      throw new TypeError(`${handlerName(handler)} stands twice among the handlers (index ${index})`);
    }
  }
}

function emptyHooks(): Record<Hook, readonly HandlerDelivery[]> {
  return { startTrace: [], endTrace: [], onEventStart: [], onEventEnd: [], onEventChunk: [] };
}

/** Two outcomes as one: the work waits for both, and throws what was raised first. */
export function both(first: Outcome | undefined, second: Outcome | undefined): Outcome | undefined {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const waits = [first.wait, second.wait].filter((wait) => wait !== undefined);
  return {
    wait: waits.length > 0 ? waited(settleAll(waits)) : undefined,
    raised: first.raised ?? second.raised,
  };
}

async function settleAll(waits: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(waits);
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}

async function raceAbort(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (!signal) {
    await work;
    return;
  }
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
