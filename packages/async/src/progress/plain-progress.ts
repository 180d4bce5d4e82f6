import { ProgressMeter } from "./progress-meter.ts";
import type { Progress } from "./progress.ts";

/** The minimum time between two plain lines, in milliseconds. */
const interval = 5000;

/** A plain line on stderr at most every five seconds, if steps have been done since the last, and one at the end. */
export class PlainProgress implements Progress {
  #meter: ProgressMeter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #written = { at: 0, done: 0 };

  start(total: number | undefined, desc?: string): void {
    this.#meter = new ProgressMeter(total, desc);
    this.#written = { at: performance.now(), done: 0 };
    this.#timer = setInterval(() => this.#writeIfAdvanced(), interval).unref();
  }

  advance(steps: number, failed?: number, cached?: number): void {
    // Jobs that block the event loop keep the timer from firing.
    if (this.#meter?.add(steps, failed, cached) && this.#meter.look() - this.#written.at >= interval)
      this.#writeIfAdvanced();
  }

  pause(milliseconds: number | undefined): void {
    this.#meter?.pause(milliseconds);
    if (milliseconds !== undefined) this.#write();
  }

  stopping(milliseconds: number): void {
    this.#meter?.stopping(milliseconds);
  }

  stop(): void {
    clearInterval(this.#timer);
    // A refresh would start it again.
    this.#timer = undefined;
    this.#meter?.end();
    this.#write();
    this.#meter = undefined;
  }

  #writeIfAdvanced(): void {
    if (this.#meter?.done !== this.#written.done) this.#write();
  }

  #write(): void {
    if (this.#meter === undefined) return;
    const { desc, done } = this.#meter;
    const { percent, count, rate, time, wait } = this.#meter.facts();
    this.#written = { at: performance.now(), done };
    this.#timer?.refresh();
    write(
      `${desc}: ${[percent, count, ...(wait === "" ? [rate, time] : [wait])].filter(Boolean).join(", ")}\n`,
    );
  }
}

/** A closed pipe must not end the process. */
function write(line: string): void {
  process.stderr.write(line, (error) => {
    if (error && process.stderr.listenerCount("error") === 0) process.stderr.once("error", () => {});
  });
}
