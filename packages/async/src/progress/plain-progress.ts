import { ProgressMeter } from "./progress-meter.ts";
import type { Progress } from "./progress.ts";

/** How long there is silence between two plain lines, in milliseconds. */
const interval = 5000;

/** A plain line on stderr at most every five seconds, where something has moved, and one at the end. */
export class PlainProgress implements Progress {
  #meter: ProgressMeter | undefined;
  #timer: NodeJS.Timeout | undefined;
  #told = { at: 0, done: 0 };

  start(total: number | undefined, desc?: string): void {
    this.#meter = new ProgressMeter(total, desc);
    this.#told = { at: performance.now(), done: 0 };
    this.#timer = setInterval(() => this.#tellNews(), interval).unref();
  }

  advance(steps: number): void {
    // Jobs that leave no time for timers are seen here.
    if (this.#meter?.add(steps) && this.#meter.look() - this.#told.at >= interval) this.#tellNews();
  }

  pause(milliseconds: number | undefined): void {
    this.#meter?.pause(milliseconds);
    if (milliseconds !== undefined) this.#tell();
  }

  stop(): void {
    clearInterval(this.#timer);
    // A refresh would bring it back.
    this.#timer = undefined;
    this.#meter?.end();
    this.#tell();
    this.#meter = undefined;
  }

  #tellNews(): void {
    if (this.#meter?.done !== this.#told.done) this.#tell();
  }

  #tell(): void {
    if (this.#meter === undefined) return;
    const { desc, done } = this.#meter;
    const { percent, count, rate, time, pause } = this.#meter.facts();
    this.#told = { at: performance.now(), done };
    this.#timer?.refresh();
    write(
      `${desc}: ${[percent, count, ...(pause === "" ? [rate, time] : [pause])].filter(Boolean).join(", ")}\n`,
    );
  }
}

/** A reader that has gone away is no reason to end the process. */
function write(line: string): void {
  process.stderr.write(line, (error) => {
    if (error && process.stderr.listenerCount("error") === 0) process.stderr.once("error", () => {});
  });
}
