import type * as cliProgress from "cli-progress";
import type { Progress } from "./progress.ts";

type CliProgress = typeof cliProgress;

/** Bars on stderr where it is a terminal and the library is there; else a plain line now and then. */
export async function terminalProgress(): Promise<Progress> {
  if (!process.stderr.isTTY) return new PlainProgress();
  const library = await loadLibrary();
  return library ? new BarProgress(library) : new PlainProgress();
}

async function loadLibrary(): Promise<CliProgress | undefined> {
  try {
    const module = (await import("cli-progress")) as CliProgress & { default?: CliProgress };
    return module.default ?? module;
  } catch {
    return undefined;
  }
}

/** Bars that are shown at once stand below each other. */
let shared: { readonly bars: cliProgress.MultiBar; open: number } | undefined;

class BarProgress implements Progress {
  readonly #library: CliProgress;
  #bar: cliProgress.SingleBar | undefined;
  #done = 0;
  #since = 0;

  constructor(library: CliProgress) {
    this.#library = library;
  }

  start(total: number | undefined, desc = "jobs"): void {
    this.#since = performance.now();
    shared ??= {
      open: 0,
      bars: new this.#library.MultiBar(
        {
          stream: process.stderr,
          // Its own handlers would swallow the first Ctrl-C.
          gracefulExit: false,
          hideCursor: false,
          format: "{desc} {bar} {percentage}% {value}/{total} {rate}/s, {eta_formatted} left",
          barsize: 24,
          etaBuffer: 50,
        },
        this.#library.Presets.shades_classic,
      ),
    };
    shared.open++;
    this.#bar = shared.bars.create(total ?? 0, 0, { desc, rate: "0" });
  }

  advance(steps: number): void {
    this.#done += steps;
    this.#bar?.increment(steps, { rate: rate(this.#done, this.#since) });
  }

  stop(): void {
    if (this.#bar === undefined || shared === undefined) return;
    this.#bar.stop();
    this.#bar = undefined;
    shared.open--;
    if (shared.open === 0) {
      shared.bars.stop();
      shared = undefined;
    }
  }
}

/** How often a plain line is written, in milliseconds. */
const plainInterval = 5000;

class PlainProgress implements Progress {
  #total: number | undefined;
  #desc = "jobs";
  #done = 0;
  #since = 0;
  #told = 0;

  start(total: number | undefined, desc = "jobs"): void {
    this.#total = total;
    this.#desc = desc;
    this.#since = this.#told = performance.now();
  }

  advance(steps: number): void {
    this.#done += steps;
    if (performance.now() - this.#told >= plainInterval) this.#tell();
  }

  stop(): void {
    this.#tell();
  }

  #tell(): void {
    this.#told = performance.now();
    const of = this.#total === undefined ? "" : `/${this.#total}`;
    process.stderr.write(`${this.#desc}: ${this.#done}${of} (${rate(this.#done, this.#since)}/s)\n`);
  }
}

function rate(done: number, since: number): string {
  const perSecond = done / Math.max(0.001, (performance.now() - since) / 1000);
  return perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1);
}
