import type { Frame } from "../traces/frame.ts";
import { sharedState } from "../traces/shared-state.ts";
import type { ManagedTrace } from "./managed-trace.ts";

/** The trace when no handler listens: it has a name, and records nothing. */
export class NullTrace implements ManagedTrace {
  readonly name: string;
  readonly id: undefined = undefined;
  readonly #unsampled: Frame | undefined;

  /** @param unsampled its position in an unsampled trace: nothing inside it is sampled either */
  constructor(name: string, unsampled?: Frame) {
    this.name = name;
    this.#unsampled = unsampled;
  }

  run<R>(body: () => R): R {
    return this.#unsampled === undefined ? body() : sharedState.frames.run(this.#unsampled, body);
  }

  recordError(): void {}

  end(): void {}

  [Symbol.dispose](): void {}

  ready(): undefined {}

  async close(): Promise<void> {}
}
