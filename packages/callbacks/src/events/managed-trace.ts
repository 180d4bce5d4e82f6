import type { TraceHandle } from "../contract/trace-handle.ts";

/** A trace as its manager uses it. */
export interface ManagedTrace extends TraceHandle {
  /**
   * The wait for handlers at the start, if any, given to the first caller. It rejects with what a handler with
   * `raiseErrors` rejects with.
   */
  ready(): Promise<void> | undefined;

  /** Ends the trace and waits for the handlers that must be awaited; throws their errors if `raise`. */
  close(raise: boolean): Promise<void>;
}
