import { AsyncLocalStorage } from "node:async_hooks";
import type { CallbackHandler } from "./callback-handler.ts";
import type { EventType } from "./event-type.ts";
import { isThenable } from "../support/is-thenable.ts";

/** The methods of a handler that tell it something. */
export const hooks = ["startTrace", "endTrace", "onEventStart", "onEventEnd", "onEventChunk"] as const;
export type Hook = (typeof hooks)[number];

/** Tells of a failure of a handler. */
export type ReportFailure = (error: unknown, handler: CallbackHandler, hook: string) => void;

/** What the work has to know of what handlers did: whom to wait for, and what to throw. */
export interface Outcome {
  readonly wait?: Promise<void> | undefined;
  readonly raised?: { readonly error: unknown } | undefined;
}

type Method = (subject: unknown, detail: unknown) => unknown;

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
  /** Whether the handler sees content. */
  readonly full: boolean;
  readonly ignoredStarts: ReadonlySet<EventType> | undefined;
  readonly ignoredEnds: ReadonlySet<EventType> | undefined;
  dropped = 0;
  readonly #methods: { readonly [H in Hook]?: Method };
  readonly #report: ReportFailure;
  /** A call runs beside the work, one at a time. */
  #running = false;
  /** Calls that the work waits for. */
  #awaited = 0;
  #waiting: Waiting[] = [];
  #taken = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(handler: CallbackHandler, full: boolean, report: ReportFailure) {
    this.handler = handler;
    this.full = full;
    this.ignoredStarts = setOf(handler.ignoreEventStarts);
    this.ignoredEnds = setOf(handler.ignoreEventEnds);
    this.#report = report;
    this.#methods = Object.fromEntries(
      hooks.filter((hook) => handler[hook]).map((hook) => [hook, (handler[hook] as Method).bind(handler)]),
    );
  }

  /** Calls a method that the handler has, or lets the call wait its turn. */
  call(hook: Hook, subject: unknown, detail?: unknown): Outcome | undefined {
    if (this.#running) {
      this.#enqueue(hook, subject, detail);
      return undefined;
    }
    try {
      const result = this.#methods[hook]!(subject, detail);
      return result === undefined || !isThenable(result) ? undefined : this.#follow(result, hook);
    } catch (error) {
      if (this.handler.raiseErrors) return { raised: { error } };
      this.#report(error, this.handler, hook);
      return undefined;
    }
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (!this.#running && this.#awaited === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  #follow(result: PromiseLike<unknown>, hook: Hook): Outcome | undefined {
    if (this.handler.awaited || this.handler.raiseErrors)
      return { wait: waited(this.#awaitOne(result, hook)) };
    this.#running = true;
    void this.#runBeside(result, hook);
    return undefined;
  }

  async #awaitOne(result: PromiseLike<unknown>, hook: Hook): Promise<void> {
    this.#awaited++;
    try {
      await result;
    } catch (error) {
      if (this.handler.raiseErrors) throw error;
      this.#report(error, this.handler, hook);
    } finally {
      this.#awaited--;
      this.#rest();
    }
  }

  #enqueue(hook: Hook, subject: unknown, detail: unknown): void {
    if (this.#waiting.length - this.#taken < maxWaiting) {
      this.#waiting.push({ hook, subject, detail, inContext: AsyncLocalStorage.snapshot() });
      return;
    }
    this.dropped++;
    if (this.dropped > 1) return;
    const message = `${maxWaiting} calls wait for it already; the newest are dropped and counted in droppedEvents`;
    this.#report(new Error(message), this.handler, hook);
  }

  async #runBeside(first: PromiseLike<unknown>, firstHook: Hook): Promise<void> {
    try {
      await first;
    } catch (error) {
      this.#report(error, this.handler, firstHook);
    }
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const { hook, subject, detail, inContext } = next;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one call at a time is the point
        await inContext(() => this.#methods[hook]!(subject, detail));
      } catch (error) {
        this.#report(error, this.handler, hook);
      }
    }
    this.#running = false;
    this.#rest();
  }

  #rest(): void {
    if (this.#running || this.#awaited > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #next(): Waiting | undefined {
    const next = this.#waiting[this.#taken++];
    // What was taken is let go now and then, not moved for each call.
    if (next === undefined || this.#taken === maxWaiting) {
      this.#waiting = this.#waiting.slice(this.#taken);
      this.#taken = 0;
    }
    return next;
  }
}

/** A promise whose failure is no surprise that should end the process: whoever can throw it waits for it, or reports it. */
export function waited(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

function setOf(types: readonly EventType[] | undefined): ReadonlySet<EventType> | undefined {
  return types && types.length > 0 ? new Set(types) : undefined;
}
