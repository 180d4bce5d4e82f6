import { brand } from "@llx/support";

/** Who holds permits of a semaphore in a deadlock, or waits for some. */
export interface DeadlockParty {
  /** The semaphore's label. */
  readonly semaphore: string;
  /** Where the permits were asked for: a line of code, or a job. */
  readonly where: string;
  readonly permits: number;
}

/**
 * Nobody can go on: everybody who could give back a permit waits for one. It is thrown into the wait that came
 * last. The message names all who take part.
 */
export class DeadlockError extends Error {
  private static readonly branded: void = /* @__PURE__ */ brand(this, "@llx/async/DeadlockError");

  override readonly name = "DeadlockError";
  readonly holders: readonly DeadlockParty[];
  readonly waiters: readonly DeadlockParty[];

  constructor(holders: readonly DeadlockParty[], waiters: readonly DeadlockParty[]) {
    const line = (does: string) => (party: DeadlockParty) =>
      `\n  ${party.where} ${does} ${party.permits} of ${party.semaphore}`;
    super(
      "deadlock: everybody who could give back a permit waits for one, so the last to wait is refused. " +
        "Take permits in one order everywhere, take them once and pass them on, or use a semaphore for each level." +
        holders.map(line("holds")).join("") +
        waiters.map(line("waits for")).join(""),
    );
    this.holders = holders;
    this.waiters = waiters;
  }
}
