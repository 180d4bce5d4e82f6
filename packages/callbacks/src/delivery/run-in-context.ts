import { isThenable } from "@llx/support";
import type { AnyEventStart } from "../contract/event.ts";
import type { EventRecord } from "../traces/event-record.ts";
import type { HandlerDelivery, ReportFailure } from "./handler-delivery.ts";

/**
 * Runs a body inside the contexts of handlers (their `around`). The body runs exactly once and its result is unchanged,
 * whatever a handler does.
 */
export function runInContext<R>(
  contexts: readonly HandlerDelivery[],
  sizes: EventRecord,
  full: EventRecord | undefined,
  body: () => R,
  report: ReportFailure,
): R {
  const bodyRun = new BodyRun(body);
  let run: () => R = () => bodyRun.result();
  for (const { handler, full: wantsFull } of contexts.toReversed()) {
    const inner = run;
    const event = (wantsFull ? (full ?? sizes) : sizes) as AnyEventStart;
    run = () => {
      if (bodyRun.done) return bodyRun.result();
      try {
        const result: unknown = handler.around?.(event, inner);
        if (isThenable(result)) {
          result.then(undefined, async (error: unknown) => {
            if (!(await bodyRun.rejectedWith(error))) report(error, handler, "around");
          });
        }
      } catch (error) {
        if (!bodyRun.threw(error)) report(error, handler, "around");
      }
      // A handler that failed before it called the body must not keep it from running.
      return bodyRun.done ? bodyRun.result() : inner();
    };
  }
  return run();
}

/** Runs a body when its result is first read, and keeps the outcome. */
class BodyRun<R> {
  readonly #body: () => R;
  #outcome: { readonly value: R } | { readonly error: unknown } | undefined;

  constructor(body: () => R) {
    this.#body = body;
  }

  get done(): boolean {
    return this.#outcome !== undefined;
  }

  result(): R {
    const outcome = (this.#outcome ??= this.#run());
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Whether this is the error that the body has thrown. */
  threw(error: unknown): boolean {
    return this.#outcome !== undefined && "error" in this.#outcome && this.#outcome.error === error;
  }

  /** Whether this is the error that the body's promise is rejected with. */
  async rejectedWith(error: unknown): Promise<boolean> {
    try {
      await this.result();
      return false;
    } catch (own) {
      return own === error;
    }
  }

  #run(): { readonly value: R } | { readonly error: unknown } {
    try {
      return { value: this.#body() };
    } catch (error) {
      return { error };
    }
  }
}
