import type { PlannedBatch } from "../plan/batch-plan.ts";
import { isAboutTexts } from "./is-about-texts.ts";

/** So many parts go at once while some of them succeed; else one, the smallest first. */
const mostLanes = 4;
/**
 * So many parts may fail with no success between them: an outage fails whatever is sent. Those of the lanes, and a path
 * to a single text out of 4,096, are fewer.
 */
const mostInVain = 20;

/**
 * Halves the failed requests of one call, until the texts that they fail for stand alone. For each of these, that takes
 * up to 2·log₂(n) more requests, where a request has n texts.
 */
export class Bisection {
  readonly #isOn: boolean;
  #inVain = 0;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  /** How many parts may be under way at once. */
  get lanes(): number {
    return this.#inVain < mostLanes ? mostLanes : 1;
  }

  /** Whether so much has failed that it can hardly be for some texts. Any success takes that back. */
  get isOver(): boolean {
    return this.#inVain >= mostInVain;
  }

  /** A request of the call, whole or a part, was answered. */
  answered(): void {
    this.#inVain = 0;
  }

  partFailed(): void {
    this.#inVain++;
  }

  /** Whether to send a failed request again in parts. */
  helps({ places }: PlannedBatch, error: unknown): boolean {
    return this.#isOn && places.length > 1 && isAboutTexts(error);
  }
}
