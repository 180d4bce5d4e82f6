import { describe } from "@llx/support";

/** The store of a shared limit could not be reached, or has failed. `cause` is its error. */
export class RateStoreError extends Error {
  override readonly name = "RateStoreError";

  constructor(what: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message || cause.name : describe(cause);
    super(`${what}: ${why}`, { cause });
  }
}
