import { endsWithin } from "./ends-within.ts";
import { abandonment, type Failure, warnOfFailure } from "./failures.ts";

/** The clean-ups of a run. */
export class CleanUps {
  readonly #pending: { readonly name: string; readonly call: () => unknown }[] = [];

  #done = false;

  /** Whether {@link run} has ended: clean-ups added now are not called. */
  get done(): boolean {
    return this.#done;
  }

  /** How many are pending. */
  get size(): number {
    return this.#pending.length;
  }

  add(name: string, call: () => unknown): void {
    this.#pending.push({ name, call });
  }

  /**
   * Calls one after another, the last added first, including those added meanwhile; failures do not stop it. After `grace`
   * milliseconds the others are called but no longer awaited, and those that have not ended are one more failure, which names them.
   *
   * @returns the failures, in the order in which they occurred
   */
  async run(grace: number): Promise<Failure[]> {
    const failures: Failure[] = [];
    const late: string[] = [];
    const deadline = performance.now() + grace;
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      const { name, call } = next;
      const ended = (async () => call())().catch((error: unknown) => {
        const failure = { what: `${name} failed`, error };
        if (this.#done) warnOfFailure(failure);
        else failures.push(failure);
      });
      const remaining = Math.max(0, deadline - performance.now());
      // oxlint-disable-next-line no-await-in-loop -- what was added later may depend on what was added before
      if (!(await endsWithin(remaining, ended))) late.push(name);
    }
    this.#done = true;
    if (late.length > 0) {
      const problem = `clean-up took longer than ${grace} ms, and was abandoned`;
      failures.push(abandonment("clean-up failed", problem, late, "Find out what it waits for"));
    }
    return failures;
  }
}
