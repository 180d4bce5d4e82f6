import { brand } from "@llx/support";

/** Code or a job that holds or awaits permits in a deadlock. */
export interface DeadlockParty {
  /** The semaphore's label. */
  readonly semaphore: string;
  /** Where the permits were requested: a line of code, or a job. */
  readonly where: string;
  /** How many permits. */
  readonly permits: number;
}

/**
 * A deadlock: every holder that could release a permit waits for one. The wait that began last is rejected with
 * this error. The message names all holders and waiters.
 */
export class DeadlockError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/DeadlockError");

  override readonly name = "DeadlockError";
  /** Who holds the permits that the waiters wait for. */
  readonly holders: readonly DeadlockParty[];
  /** Who waits, in the order in which the waits began. */
  readonly waiters: readonly DeadlockParty[];

  constructor(holders: readonly DeadlockParty[], waiters: readonly DeadlockParty[]) {
    const line = (does: string) => (party: DeadlockParty) =>
      `\n  ${party.where} ${does} ${party.permits} of ${party.semaphore}`;
    super(
      "deadlock: every holder of a permit waits for another one, so the last waiter is rejected. " +
        "Take permits in the same order everywhere, take one and pass it on, or use one semaphore per level." +
        holders.map(line("holds")).join("") +
        waiters.map(line("waits for")).join(""),
    );
    this.holders = holders;
    this.waiters = waiters;
  }
}
