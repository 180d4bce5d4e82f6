import { clearScreenDown } from "node:readline";
import type * as cliProgress from "cli-progress";
import { barLine } from "./bar-line.ts";
import type { ProgressMeter } from "./progress-meter.ts";

/** The time between two redraws, in milliseconds. */
const frame = 100;

/** Internals that the library's types omit. */
interface Internals {
  readonly timer?: NodeJS.Timeout | null;
  /** `dy`: how many lines the cursor is below the first bar. */
  readonly terminal: { dy: number; newline(): void };
}

/**
 * The bars that are shown at once. A bar that ends while others continue becomes a line above them; the last one closes the
 * stage.
 *
 * Between two redraws the cursor is on a new line below the bars, where other output goes. It is never hidden, and line
 * wrapping is never turned off: a process that is killed leaves the terminal as it was.
 */
export class BarStage {
  readonly #bars: cliProgress.MultiBar;
  readonly #internals: Internals;
  readonly #shown = new Map<ProgressMeter, cliProgress.SingleBar>();
  /** Bars for which the terminal has no free line. */
  readonly #waiting = new Set<ProgressMeter>();
  readonly #onClose: () => void;
  #drawnAt = performance.now();
  /** {@link bytesOnTerminal} after the last redraw. */
  #written = bytesOnTerminal();
  #removing = false;

  constructor(library: typeof cliProgress, onClose: () => void) {
    this.#onClose = onClose;
    this.#bars = new library.MultiBar({
      stream: process.stderr,
      format: (_options, _params, meter: ProgressMeter) => this.#line(meter),
      fps: 1000 / frame,
      // The library's signal handlers would swallow the first Ctrl-C.
      gracefulExit: false,
      hideCursor: false,
      linewrap: true,
      // A bar may have to move up by a line without a change of its text.
      forceRedraw: true,
    });
    this.#internals = this.#bars as unknown as Internals;
    this.#bars.on("update-pre", () => this.#keepOtherOutput());
    this.#bars.on("redraw-post", () => {
      // A removal writes a new line itself.
      if (!this.#removing) this.#internals.terminal.newline();
      this.#written = bytesOnTerminal();
    });
    this.#bars.on("update-post", () => {
      this.#drawnAt = performance.now();
      // A bar must not keep the process alive.
      this.#internals.timer?.unref();
    });
    process.once("exit", this.#close);
  }

  add(meter: ProgressMeter): void {
    if (this.#shown.size < Math.max(1, (process.stderr.rows || 24) - 1)) this.#show(meter);
    else this.#waiting.add(meter);
  }

  drawIfDue(now: number): void {
    if (now - this.#drawnAt >= frame) this.#bars.update();
  }

  finish(meter: ProgressMeter): void {
    meter.end();
    if (this.#shown.size + this.#waiting.size === 1) return this.#close();
    this.#bars.log(`${this.#line(meter)}\n`);
    const bar = this.#shown.get(meter);
    if (bar === undefined) {
      this.#waiting.delete(meter);
      this.#bars.update();
      return;
    }
    this.#shown.delete(meter);
    const [next] = this.#waiting;
    if (next !== undefined) {
      this.#waiting.delete(next);
      this.#show(next);
    }
    this.#removing = true;
    this.#bars.remove(bar);
    this.#removing = false;
    this.#written = bytesOnTerminal();
  }

  /** Also called when the process exits. */
  readonly #close = (): void => {
    process.off("exit", this.#close);
    for (const meter of this.#shown.keys()) meter.end();
    this.#keepOtherOutput();
    this.#bars.stop();
    // A pressed key, such as Ctrl-C, may have been echoed below the bars.
    clearScreenDown(process.stderr);
    this.#onClose();
  };

  #show(meter: ProgressMeter): void {
    this.#shown.set(meter, this.#bars.create(1, 0, meter));
  }

  /** If other output was written below the bars, the next redraw goes below that, not over it. */
  #keepOtherOutput(): void {
    if (bytesOnTerminal() !== this.#written) this.#internals.terminal.dy = 0;
  }

  #line(meter: ProgressMeter): string {
    // The last column stays empty: some terminals wrap as soon as it is written.
    return barLine(meter, [...this.#shown.keys()], (process.stderr.columns || 80) - 1);
  }
}

/** What this process has written to the terminal so far. */
function bytesOnTerminal(): number {
  const { stderr, stdout } = process;
  return (stderr.bytesWritten ?? 0) + (stdout.isTTY ? stdout.bytesWritten : 0);
}
