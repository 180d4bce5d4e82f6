import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackHandler } from "./callback-handler.ts";
import type { EventType } from "./event-type.ts";

/** The methods of a handler that tell it something. */
export type Hook = "startTrace" | "endTrace" | "onEventStart" | "onEventEnd" | "onEventChunk";

/** Tells of a failure of a handler. */
export type ReportFailure = (error: unknown, handler: CallbackHandler, hook: string) => void;

interface Waiting {
  readonly hook: Hook;
  readonly subject: unknown;
  readonly detail: unknown;
  readonly inContext: (run: () => unknown) => unknown;
}

/** How many calls wait for one slow handler before the newest are dropped and counted. */
const maxWaiting = 1024;

/**
 * Brings one handler what it is told: isolates its failures, and lets one call at a time of a handler that
 * answers with promises run beside the work.
 */
export class HandlerDelivery {
  readonly handler: CallbackHandler;
  readonly full: boolean;
  readonly ignoredStarts: ReadonlySet<EventType> | undefined;
  readonly ignoredEnds: ReadonlySet<EventType> | undefined;
  dropped = 0;
  readonly #report: ReportFailure;
  #running = false;
  #waiting: Waiting[] = [];
  #taken = 0;
  #idle: { promise: Promise<void>; resolve: () => void } | undefined;

  constructor(handler: CallbackHandler, full: boolean, report: ReportFailure) {
    this.handler = handler;
    this.full = full;
    this.ignoredStarts = setOf(handler.ignoreEventStarts);
    this.ignoredEnds = setOf(handler.ignoreEventEnds);
    this.#report = report;
  }

  /** Whether the work waits for the promises of this handler. */
  get awaited(): boolean {
    return this.handler.awaited === true || this.handler.raiseErrors === true;
  }

  /**
   * Calls a method of the handler, or lets it wait its turn.
   *
   * @returns a promise only where the work has to wait for it
   * @throws what the handler throws, if it declares `raiseErrors`
   */
  call(hook: Hook, subject: unknown, detail?: unknown): Promise<void> | undefined {
    if (this.#running) {
      this.#enqueue(hook, subject, detail);
      return undefined;
    }
    let result: unknown;
    try {
      result = this.#invoke(hook, subject, detail);
    } catch (error) {
      if (this.handler.raiseErrors) throw error;
      this.#report(error, this.handler, hook);
      return undefined;
    }
    if (!isThenable(result)) return undefined;
    if (this.awaited) return this.#awaitOne(result, hook);
    this.#running = true;
    void this.#runBeside(result, hook);
    return undefined;
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  #invoke(hook: Hook, subject: unknown, detail: unknown): unknown {
    const method = this.handler[hook] as
      | ((this: CallbackHandler, subject: unknown, detail: unknown) => unknown)
      | undefined;
    return method?.call(this.handler, subject, detail);
  }

  async #awaitOne(result: PromiseLike<unknown>, hook: Hook): Promise<void> {
    try {
      await result;
    } catch (error) {
      if (this.handler.raiseErrors) throw error;
      this.#report(error, this.handler, hook);
    }
  }

  #enqueue(hook: Hook, subject: unknown, detail: unknown): void {
    if (this.#waiting.length - this.#taken >= maxWaiting) {
      this.dropped++;
      if (this.dropped === 1) {
        const message = `has ${maxWaiting} calls waiting; the newest are dropped and counted in droppedEvents`;
        this.#report(new Error(message), this.handler, hook);
      }
      return;
    }
    this.#waiting.push({ hook, subject, detail, inContext: AsyncLocalStorage.snapshot() });
  }

  async #runBeside(first: PromiseLike<unknown>, firstHook: Hook): Promise<void> {
    try {
      await first;
    } catch (error) {
      this.#report(error, this.handler, firstHook);
    }
    while (this.#taken < this.#waiting.length) {
      const { hook, subject, detail, inContext } = this.#waiting[this.#taken++]!;
      if (this.#taken === maxWaiting) {
        this.#waiting = this.#waiting.slice(maxWaiting);
        this.#taken = 0;
      }
      try {
        // oxlint-disable-next-line no-await-in-loop -- one call at a time is the point
        await inContext(() => this.#invoke(hook, subject, detail));
      } catch (error) {
        this.#report(error, this.handler, hook);
      }
    }
    this.#waiting = [];
    this.#taken = 0;
    this.#running = false;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}

function setOf(types: readonly EventType[] | undefined): ReadonlySet<EventType> | undefined {
  return types && types.length > 0 ? new Set(types) : undefined;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function"
  );
}
