import type { AnyEventStart, EventRecord } from "./event-record.ts";
import type { HandlerDelivery, ReportFailure } from "./handler-delivery.ts";

/**
 * Runs a body inside the contexts that handlers put around it. The body runs exactly once and its result is
 * its own, whatever a handler does.
 */
export function runAround<R>(
  arounds: readonly HandlerDelivery[],
  sizes: EventRecord,
  full: EventRecord | undefined,
  body: () => R,
  report: ReportFailure,
): R {
  let outcome: { readonly value: R } | { readonly error: unknown } | undefined;
  const once = (): R => {
    if (outcome === undefined) {
      try {
        outcome = { value: body() };
      } catch (error) {
        outcome = { error };
      }
    }
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  };
  let run: () => unknown = once;
  for (const { handler, full: wantsFull } of arounds.toReversed()) {
    const inner = run;
    const event = (wantsFull ? (full ?? sizes) : sizes) as unknown as AnyEventStart;
    run = () => {
      try {
        handler.around?.(event, inner);
      } catch (error) {
        const isBodysOwn = outcome !== undefined && "error" in outcome && outcome.error === error;
        if (!isBodysOwn) report(error, handler, "around");
      }
      // A handler that failed before it came to the body must not keep it from running.
      return outcome === undefined ? inner() : undefined;
    };
  }
  run();
  return once();
}
