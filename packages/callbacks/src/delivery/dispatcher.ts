import { whenRejected } from "@llx/support";
import { type CallbackHandler, type Capture, handlerName } from "../contract/callback-handler.ts";
import type { EventRecord } from "../traces/event-record.ts";
import { checkHandlers } from "./check-handlers.ts";
import { HandlerDelivery, type Hook, hooks, markHandled, type Outcome } from "./handler-delivery.ts";
import { sharedState } from "../traces/shared-state.ts";
import { raceAbort } from "../support/race-abort.ts";
import type { TraceFrame } from "../traces/frame.ts";

/** Where a handler failed. */
export interface HandlerErrorInfo {
  readonly handler: CallbackHandler;
  /** The method that failed, such as `"onEventEnd"`. */
  readonly hook: string;
}

/** Receives what a handler has thrown, and where. */
export type OnHandlerError = (error: unknown, info: HandlerErrorInfo) => void;

/** Calls the handlers of one manager and the global ones. */
export class Dispatcher {
  readonly capture: Capture;
  /** Whether there is any handler. */
  active = false;
  /** Whether a handler wants content. */
  full = false;
  /** Whether a handler wants the tree of ids. */
  traceMap = false;
  /** The handlers that run the bodies of events in their own context. */
  contexts: readonly HandlerDelivery[] = [];
  #own: readonly CallbackHandler[] = [];
  #all: readonly HandlerDelivery[] = [];
  #byHook: Record<Hook, readonly HandlerDelivery[]> = emptyHooks();
  #seenGlobal = -1;
  #droppedBefore = 0;
  readonly #onHandlerError: OnHandlerError | undefined;
  readonly #printed = new Map<CallbackHandler, Set<string>>();

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
          `${handlerName(handler)} is already a global handler and would receive every event twice`,
        );
      }
    }
    this.#own = [...handlers];
    this.#arrange();
  }

  get dropped(): number {
    return this.#all.reduce((sum, { dropped }) => sum + dropped, this.#droppedBefore);
  }

  /** Applies a change of the global handlers. */
  refresh(): void {
    if (this.#seenGlobal !== sharedState.globalVersion) this.#arrange();
  }

  report = (error: unknown, handler: CallbackHandler, hook: string): void => {
    if (this.#onHandlerError) {
      try {
        whenRejected(this.#onHandlerError(error, { handler, hook }), printFailure);
        return;
      } catch (failure) {
        printFailure(failure);
      }
    }
    const printed = this.#printed.get(handler) ?? new Set();
    if (printed.has(hook)) return;
    this.#printed.set(handler, printed.add(hook));
    const message =
      `@llx/callbacks: ${handlerName(handler)} failed in ${hook}; the work continues. Further failures there ` +
      `are not printed: give the manager an onHandlerError to see each.`;
    try {
      console.error(message, error);
    } catch {
      // The error cannot be printed.
      console.error(message);
    }
  };

  notifyTrace(hook: "startTrace" | "endTrace", trace: TraceFrame): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook[hook]) {
      const map = hook === "endTrace" && delivery.handler.traceMap ? trace.map : undefined;
      outcome = mergeOutcomes(outcome, delivery.call(hook, trace, map));
    }
    return outcome;
  }

  notifyStart(sizes: EventRecord, full: EventRecord | undefined): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook.onEventStart) {
      if (delivery.ignoredStarts?.has(sizes.type)) continue;
      outcome = mergeOutcomes(
        outcome,
        delivery.call("onEventStart", delivery.full ? (full ?? sizes) : sizes),
      );
    }
    return outcome;
  }

  notifyEnd(sizes: EventRecord, full: EventRecord | undefined): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook.onEventEnd) {
      if (delivery.ignoredEnds?.has(sizes.type)) continue;
      outcome = mergeOutcomes(outcome, delivery.call("onEventEnd", delivery.full ? (full ?? sizes) : sizes));
    }
    return outcome;
  }

  notifyChunk(
    sizes: EventRecord,
    full: EventRecord | undefined,
    index: number,
    content: unknown,
  ): Outcome | undefined {
    let outcome: Outcome | undefined;
    for (const delivery of this.#byHook.onEventChunk) {
      const own = delivery.full
        ? delivery.call("onEventChunk", full ?? sizes, { index, content })
        : delivery.call("onEventChunk", sizes, { index });
      outcome = mergeOutcomes(outcome, own);
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

  /** From now on no start reaches a handler; ends of open events and queued calls do. */
  stop(): void {
    this.active = false;
    this.contexts = [];
    this.refresh = () => {};
  }

  #denies(handler: CallbackHandler): boolean {
    return handler.capture === "full" && this.capture !== "full";
  }

  #denial(handler: CallbackHandler): TypeError {
    return new TypeError(
      `${handlerName(handler)} needs the texts and vectors of events (capture: "full"), ` +
        `which this manager denies (capture: "sizes"); allow them in the manager, or give the handler capture: "sizes"`,
    );
  }

  #arrange(): void {
    const known = new Map(this.#all.map((delivery) => [delivery.handler, delivery]));
    // A handler that has become global too is called once.
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
    this.contexts = this.#all.filter(({ handler }) => handler.around !== undefined);
    this.active = this.#all.length > 0;
    this.full = this.#all.some((delivery) => delivery.full);
    this.traceMap = this.#all.some(({ handler }) => handler.traceMap === true);
    this.#seenGlobal = sharedState.globalVersion;
  }
}

function printFailure(failure: unknown): void {
  console.error("@llx/callbacks: onHandlerError itself failed:", failure);
}

function emptyHooks(): Record<Hook, readonly HandlerDelivery[]> {
  return { startTrace: [], endTrace: [], onEventStart: [], onEventEnd: [], onEventChunk: [] };
}

/** Two outcomes as one: the work waits for both, and throws the first error. */
export function mergeOutcomes(first: Outcome | undefined, second: Outcome | undefined): Outcome | undefined {
  if (first === undefined) return second;
  if (second === undefined) return first;
  const waits = [first.wait, second.wait].filter((wait) => wait !== undefined);
  return {
    wait: waits.length > 0 ? markHandled(settleAll(waits)) : undefined,
    raised: first.raised ?? second.raised,
  };
}

async function settleAll(waits: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(waits);
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}
