import type * as cliProgress from "cli-progress";
import { BarStage } from "./bar-stage.ts";
import { ProgressMeter } from "./progress-meter.ts";
import type { Progress } from "./progress.ts";

/** Shared by all bars that are shown at once. */
let stage: BarStage | undefined;

/** A bar on stderr. */
export class BarProgress implements Progress {
  readonly #library: typeof cliProgress;
  #meter: ProgressMeter | undefined;

  constructor(library: typeof cliProgress) {
    this.#library = library;
  }

  start(total: number | undefined, desc?: string): void {
    this.#meter = new ProgressMeter(total, desc);
    stage ??= new BarStage(this.#library, () => (stage = undefined));
    stage.add(this.#meter);
  }

  advance(steps: number, failed?: number, cached?: number): void {
    // Jobs that block the event loop keep the timer of the bars from firing.
    if (this.#meter?.add(steps, failed, cached)) stage?.drawIfDue(this.#meter.look());
  }

  pause(milliseconds: number | undefined): void {
    this.#meter?.pause(milliseconds);
  }

  stopping(milliseconds: number): void {
    this.#meter?.stopping(milliseconds);
  }

  stop(): void {
    if (this.#meter !== undefined) stage?.finish(this.#meter);
    this.#meter = undefined;
  }
}
