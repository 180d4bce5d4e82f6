import type { EventLink } from "@llx/callbacks";

/** The key of an option that only `coalesce` passes: of a call that several callers share. */
export const sharedCall: unique symbol = Symbol("the callers of a shared call");

/** A call that several callers share. */
export interface SharedCall {
  /** The events of its callers; absent if nobody listens. */
  readonly callers: readonly EventLink[];
  /** Called with the event of the call; `undefined` if nobody listens. */
  started(event: EventLink | undefined): void;
}
