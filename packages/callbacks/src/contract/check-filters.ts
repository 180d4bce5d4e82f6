import { describe } from "@llx/support";

/** What a handler asks for, and what it does not. */
interface Filters {
  readonly capture?: unknown;
  readonly ignoreEventStarts?: unknown;
  readonly ignoreEventEnds?: unknown;
}

/**
 * Types need not be known at run time: a user's own are declared to the compiler alone.
 *
 * @param prefix of the names in errors, such as `handlers[0].`
 * @throws TypeError for a `capture` that there is not, and for types to ignore that are no list of names
 */
export function checkFilters(filters: Filters, prefix = ""): void {
  const { capture } = filters;
  if (capture !== undefined && capture !== "sizes" && capture !== "full") {
    throw new TypeError(`${prefix}capture must be "sizes" or "full", not ${describe(capture)}`);
  }
  for (const name of ["ignoreEventStarts", "ignoreEventEnds"] as const) {
    const types = filters[name];
    if (types === undefined) continue;
    const must = `${prefix}${name} must be a list of event types`;
    if (!Array.isArray(types)) throw new TypeError(`${must}, not ${describe(types)}`);
    for (const type of types as unknown[]) {
      if (typeof type !== "string") throw new TypeError(`${must}, without ${describe(type)}`);
    }
  }
}
