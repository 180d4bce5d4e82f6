import type { PlannedBatch } from "../plan/batch-plan.ts";
import { isAboutTexts } from "./is-about-texts.ts";

/** How many parts are sent at once while some succeed; otherwise one at a time, the smallest first. */
const maxConcurrency = 4;
/**
 * How many parts may fail in a row: in an outage, every request fails. Parts sent at once, and a path to a single
 * text out of 4,096, are fewer.
 */
const maxFailures = 20;

/**
 * Halves the failed requests of one call until the texts that make them fail are isolated. Each such text takes
 * up to 2·log₂(n) more requests, for a request of n texts.
 */
export class Bisection {
  readonly #isOn: boolean;
  #failures = 0;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  /** How many parts may be in flight. */
  get concurrency(): number {
    return this.#failures < maxConcurrency ? maxConcurrency : 1;
  }

  /** Whether so many parts have failed in a row that single texts are unlikely to be the cause. A success resets it. */
  get isOver(): boolean {
    return this.#failures >= maxFailures;
  }

  /** A request of the call, whole or a part, has succeeded. */
  succeeded(): void {
    this.#failures = 0;
  }

  partFailed(): void {
    this.#failures++;
  }

  /** Whether to resend a failed request in parts. */
  helps({ positions }: PlannedBatch, error: unknown): boolean {
    return this.#isOn && positions.length > 1 && isAboutTexts(error);
  }
}
