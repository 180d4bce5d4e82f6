import { AsyncLocalStorage } from "node:async_hooks";
import { isThenable } from "@llx/support";
import type { CallbackHandler } from "../contract/callback-handler.ts";
import type { EventStatus } from "../contract/event.ts";
import type { EventType } from "../contract/event-type.ts";
import { finalError } from "./final-error.ts";

/** The methods of a handler that notify it. */
export const hooks = ["startTrace", "endTrace", "onEventStart", "onEventEnd", "onEventChunk"] as const;
export type Hook = (typeof hooks)[number];

/** Reports a failure of a handler. */
export type ReportFailure = (error: unknown, handler: CallbackHandler, hook: string) => void;

/** The effect of handlers on the work: what it waits for, and what it throws. */
export interface Outcome {
  readonly wait?: Promise<void> | undefined;
  readonly raised?: { readonly error: unknown } | undefined;
}

type Method = (subject: unknown, detail: unknown) => unknown;

interface QueuedCall {
  readonly hook: Hook;
  readonly subject: unknown;
  readonly detail: unknown;
  readonly inContext: (run: () => unknown) => unknown;
}

/** The maximum number of calls queued for one slow handler; beyond it the newest are dropped and counted. */
const maxQueued = 1024;

/**
 * Calls one handler: isolates its failures, and, where its methods return promises, runs one call at a time concurrently
 * with the work.
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
  /** Whether a call runs concurrently with the work; there is one at a time. */
  #running = false;
  /** Calls that the work waits for. */
  #awaited = 0;
  #queue: QueuedCall[] = [];
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

  /** Calls a method that the handler has, or queues the call. */
  call(hook: Hook, subject: unknown, detail?: unknown): Outcome | undefined {
    if (this.#running) {
      this.#enqueue(hook, subject, detail);
      return undefined;
    }
    try {
      const result = this.#methods[hook]!(subject, detail);
      return result === undefined || !isThenable(result) ? undefined : this.#track(result, hook, subject);
    } catch (error) {
      if (this.#raises(hook)) return { raised: { error: raised(error, subject) } };
      this.#report(error, this.handler, hook);
      return undefined;
    }
  }

  /** Resolves when no call is queued or running. */
  idle(): Promise<void> {
    if (!this.#running && this.#awaited === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  #raises(hook: Hook): boolean {
    const { raiseErrors = false } = this.handler;
    return raiseErrors === "starts" ? hook === "onEventStart" || hook === "startTrace" : raiseErrors;
  }

  #track(result: PromiseLike<unknown>, hook: Hook, subject: unknown): Outcome | undefined {
    const { awaited, raiseErrors } = this.handler;
    if (awaited || raiseErrors) {
      const wait = markHandled(this.#awaitOne(result, hook, subject));
      return awaited || this.#raises(hook) ? { wait } : undefined;
    }
    this.#running = true;
    void this.#runQueue(result, hook);
    return undefined;
  }

  async #awaitOne(result: PromiseLike<unknown>, hook: Hook, subject: unknown): Promise<void> {
    this.#awaited++;
    try {
      await result;
    } catch (error) {
      if (this.#raises(hook)) throw raised(error, subject);
      this.#report(error, this.handler, hook);
    } finally {
      this.#awaited--;
      this.#resolveIdle();
    }
  }

  #enqueue(hook: Hook, subject: unknown, detail: unknown): void {
    if (this.#queue.length - this.#taken < maxQueued) {
      this.#queue.push({ hook, subject, detail, inContext: AsyncLocalStorage.snapshot() });
      return;
    }
    this.dropped++;
    if (this.dropped > 1) return;
    const message = `${maxQueued} calls are already queued for it; the newest are dropped and counted in droppedEvents`;
    this.#report(new Error(message), this.handler, hook);
  }

  async #runQueue(first: PromiseLike<unknown>, firstHook: Hook): Promise<void> {
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
    this.#resolveIdle();
  }

  #resolveIdle(): void {
    if (this.#running || this.#awaited > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #next(): QueuedCall | undefined {
    const next = this.#queue[this.#taken++];
    // Calls that were taken are removed in bulk: shifting the array for each would be slow.
    if (next === undefined || this.#taken === maxQueued) {
      this.#queue = this.#queue.slice(this.#taken);
      this.#taken = 0;
    }
    return next;
  }
}

/** At the end of failed work, the error of the work is thrown: it may be the same one, and is not marked. */
function raised(error: unknown, subject: unknown): unknown {
  const { status = "ok" } = subject as { readonly status?: EventStatus };
  return status === "ok" ? finalError(error) : error;
}

/** Keeps a rejection from ending the process as unhandled: the code that awaits the promise throws or reports it. */
export function markHandled(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

function setOf(types: readonly EventType[] | undefined): ReadonlySet<EventType> | undefined {
  return types && types.length > 0 ? new Set(types) : undefined;
}
