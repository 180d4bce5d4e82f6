import { type RunningProgress, startProgress } from "@llx/async";
import type { DistinctTexts } from "../plan/batch-plan.ts";
import type { EmbedBatchOptions } from "../contract/embedding-model.ts";

/** Reports the progress of a call in texts, as the caller gave them: equal ones count each. */
export class TextProgress {
  readonly #shown: RunningProgress;
  /** How many texts of the call are at a position of the distinct ones. */
  readonly #times: Uint32Array;
  #left: number;

  private constructor(shown: RunningProgress, { texts, positions, refused }: DistinctTexts) {
    this.#shown = shown;
    this.#left = positions.length;
    this.#times = new Uint32Array(texts.length);
    for (const position of positions) if (position >= 0) this.#times[position]!++;
    if (refused.length > 0) this.#advance(refused.length, refused.length, refused.length);
  }

  /** `undefined` if no progress was requested. */
  static async of(
    { showProgress, desc }: EmbedBatchOptions,
    provider: string,
    texts: DistinctTexts,
  ): Promise<TextProgress | undefined> {
    const total = texts.positions.length;
    const shown = await startProgress(showProgress, total, desc ?? `${provider} texts`);
    return shown && new TextProgress(shown, texts);
  }

  succeeded(positions: readonly number[]): void {
    this.#advance(this.#sum(positions), 0);
  }

  /** No request was sent for the text. */
  cached(position: number): void {
    const times = this.#times[position]!;
    this.#advance(times, 0, times);
  }

  /** The texts have failed, and are not sent again. */
  failed(positions: readonly number[]): void {
    const failed = this.#sum(positions);
    this.#advance(failed, failed);
  }

  /** All other texts have failed. */
  othersFailed(): void {
    if (this.#left > 0) this.#advance(this.#left, this.#left);
  }

  pause(milliseconds: number | undefined): void {
    this.#shown.pause(milliseconds);
  }

  stopping(milliseconds: number): void {
    this.#shown.stopping(milliseconds);
  }

  stop(): void {
    this.#shown.stop();
  }

  #sum(positions: readonly number[]): number {
    let sum = 0;
    for (const position of positions) sum += this.#times[position]!;
    return sum;
  }

  #advance(steps: number, failed: number, cached = 0): void {
    this.#left -= steps;
    this.#shown.advance(steps, failed, cached);
  }
}
