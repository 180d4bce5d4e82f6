import { endsWithin } from "./ends-within.ts";
import { type Failure, warnOf } from "./failures.ts";

/** What is left to do on the way out. */
export class CleanUps {
  readonly #waiting: { readonly name: string; readonly call: () => unknown }[] = [];

  #done = false;

  /** Whether {@link run} is over: what is added now will not be called. */
  get done(): boolean {
    return this.#done;
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.length;
  }

  add(name: string, call: () => unknown): void {
    this.#waiting.push({ name, call });
  }

  /**
   * Calls one after another, the last added first; also those that are added meanwhile, and also after failures.
   * When `timeout` milliseconds have passed, the rest are called, but no longer awaited; a warning names those
   * that have not ended.
   *
   * @returns the failures, in the order in which they came
   */
  async run(timeout: number): Promise<Failure[]> {
    const failures: Failure[] = [];
    const late: string[] = [];
    const deadline = performance.now() + timeout;
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      const { name, call } = next;
      const ended = (async () => call())().catch((error: unknown) => {
        const failure = { what: `${name} failed`, error };
        if (this.#done) warnOf(failure);
        else failures.push(failure);
      });
      const left = Math.max(0, deadline - performance.now());
      // oxlint-disable-next-line no-await-in-loop -- what was added later may stand on what was added before
      if (!(await endsWithin(left, ended))) late.push(name);
    }
    this.#done = true;
    if (late.length > 0) {
      process.emitWarning(
        `clean-up took longer than ${timeout} ms, and was left behind: ${late.join(", ")}. ` +
          `Find out what it waits for, or raise grace.`,
        { type: "CleanUpLeftBehind", code: "LLX_CLEAN_UP_LEFT_BEHIND" },
      );
    }
    return failures;
  }
}
