import { setImmediate as turn } from "node:timers/promises";
import type { Claim, Claims, Outcome } from "./claims.ts";

export interface OutcomeStoreOptions {
  readonly claims: Claims;
  /** Repeats a query until it succeeds; `undefined` where it is given up. */
  readonly persistently: <T>(query: () => Promise<T>) => Promise<T | undefined>;
  /** Called with each outcome: whether it is stored, given up, or dropped because the job was requeued. */
  settled(claim: Claim, outcome: "stored" | "given up" | "dropped"): void;
  /** Called after each batch. */
  batchStored(): void;
}

/** How many outcomes may wait to be stored. */
export const maxOutcomes = 1_000;

/** Stores the outcomes of jobs, all those that wait in one batch. */
export class OutcomeStore {
  readonly #options: OutcomeStoreOptions;
  readonly #outcomes: Outcome[] = [];
  #storing: Promise<void> | undefined;

  constructor(options: OutcomeStoreOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#outcomes.length >= maxOutcomes;
  }

  add(outcome: Outcome): void {
    this.#outcomes.push(outcome);
    this.#storing ??= this.#store().finally(() => (this.#storing = undefined));
  }

  /** Resolves when nothing is being stored. */
  async idle(): Promise<void> {
    await this.#storing;
  }

  async #store(): Promise<void> {
    const { claims, persistently, settled, batchStored } = this.#options;
    while (this.#outcomes.length > 0) {
      // oxlint-disable-next-line no-await-in-loop -- jobs that end in the same turn are stored together
      await turn();
      const outcomes = this.#outcomes.splice(0);
      // oxlint-disable-next-line no-await-in-loop -- one batch after another
      const stored = await persistently(() => claims.settle(outcomes));
      for (const { claim } of outcomes) {
        settled(claim, stored === undefined ? "given up" : stored.has(claim.id) ? "stored" : "dropped");
      }
      batchStored();
    }
  }
}
