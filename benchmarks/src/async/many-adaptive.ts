// What eight processes get from one service if each finds its limit by itself, on a simulated clock. The figures are the
// same on each machine.
//   node many-adaptive.ts [--quick]
// The service is that of adaptive-limiter.ts, with four times the capacity: from 20 to 400 at once. It is simulated
// without a network, where a process that keeps its limit also keeps its share of the service, as its next request
// arrives the moment the last one ends; and with a network of 5 ms each way, where another's request may arrive first.
// The constants of ours were chosen on the seeds 1000 to 1019; what is printed is of the seeds 1 to 20.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { type Attempt, Fixed, Gradient2, Ours, type Rule, TextbookAimd } from "./limit-rules.ts";
import { duration, type Part, randomTrace, simulate } from "./simulated-service.ts";

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const seeds = Array.from({ length: flags.quick ? 3 : 20 }, (_, index) => index + 1);
const processes = 8;
const refusalLatency = 10;
/** Milliseconds for which the shares of a process are counted together. */
const window = 30_000;

const rules: Readonly<Record<string, () => Rule>> = {
  "ours: AdaptiveLimiter": () => new Ours(),
  "textbook AIMD (halve; + 1 per round)": () => new TextbookAimd(),
  "concurrency-limits gradient2": () => new Gradient2(),
  "fixed at 10 each (p-map, concurrency 10)": () => new Fixed(10),
  "fixed at 50 each (p-map, concurrency 50)": () => new Fixed(50),
};

/** Those of which a simulation with a network ends soon: the others are refused more than 90 % of their requests. */
const adapting = new Set(Object.keys(rules).slice(0, 2));

/** One of the processes. */
class Process {
  readonly #rule: Rule;
  readonly #from: number;
  /** Successes in each window. */
  readonly done = new Array<number>(duration / window).fill(0);

  constructor(rule: Rule, from = 0) {
    this.#rule = rule;
    this.#from = from;
  }

  start(now: number): Attempt | undefined {
    const attempt = now < this.#from ? undefined : this.#rule.start(now);
    return (
      attempt && {
        succeeded: (at) => {
          this.done[Math.floor(at / window)]!++;
          attempt.succeeded(at);
        },
        refused: (at) => attempt.refused(at),
      }
    );
  }

  get total(): number {
    return this.done.reduce((sum, count) => sum + count, 0);
  }
}

/** Processes that send in turn. */
class Processes implements Rule {
  readonly all: readonly Process[];
  #next = 0;

  constructor(all: readonly Process[]) {
    this.all = all;
  }

  start(now: number): Attempt | undefined {
    for (const _ of this.all) {
      const attempt = this.all[this.#next++ % this.all.length]!.start(now);
      if (attempt !== undefined) return attempt;
    }
    return undefined;
  }
}

function mean(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** The least, as a share of the mean. */
function slowest(counts: readonly number[]): number {
  return Math.min(...counts) / mean(counts);
}

/** Goodput, refusals and fairness on the random traces. */
function compareOnTraces(title: string, transit: number): void {
  console.log(
    `\n**${title}** (${processes} processes, ${seeds.length} traces of ${duration / 1_000} s, capacity 20 to 400)\n`,
  );
  console.log("| | goodput: mean | worst | refused¹: mean | worst | slowest / mean²: mean | worst |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const [name, make] of Object.entries(rules)) {
    if (transit > 0 && !adapting.has(name)) continue;
    const outcomes = seeds.map((seed) => {
      const eight = new Processes(Array.from({ length: processes }, () => new Process(make())));
      const { goodput, refused } = simulate(eight, randomTrace(seed, 4), refusalLatency, seed, transit);
      return { goodput, refused, fairness: slowest(eight.all.map(({ total }) => total)) };
    });
    const goodput = outcomes.map((outcome) => outcome.goodput);
    const refused = outcomes.map((outcome) => outcome.refused);
    const fairness = outcomes.map((outcome) => outcome.fairness);
    const figures = [mean(goodput), Math.min(...goodput), mean(refused), Math.max(...refused)].map(percent);
    const fair = [mean(fairness), Math.min(...fairness)].map((share) => share.toFixed(2));
    console.log(`| ${[name, ...figures, ...fair].join(" | ")} |`);
    if (!name.startsWith("ours") || flags.quick) continue;
    assert(mean(goodput) >= 0.9, "eight AdaptiveLimiters leave more than a tenth of the service unused");
    assert(mean(refused) <= 0.05, "eight AdaptiveLimiters have more than 5 % refused");
    assert(
      mean(fairness) >= 0.8,
      "the slowest of eight AdaptiveLimiters gets less than four fifths of the mean",
    );
  }
}

function oneStartsLate(): Process[] {
  return Array.from({ length: processes }, (_, index) => new Process(new Ours(), index === 0 ? 60_000 : 0));
}

function oneBeginsHigh(): Process[] {
  return Array.from({ length: processes }, (_, index) => new Process(new Ours(index === 0 ? 150 : 10)));
}

/** How fast eight of ours become fair from a bad start, while the capacity stays the same. */
function compareStarts(transit: number): void {
  const starts: readonly (readonly [string, number, number, () => Process[]])[] = [
    ["one starts 60 s later, capacity 160", 160, 60_000, oneStartsLate],
    ["one starts 60 s later, capacity 40", 40, 60_000, oneStartsLate],
    ["one begins at 150, the others at 10, capacity 220", 220, 0, oneBeginsHigh],
  ];
  for (const [name, capacity, from, make] of starts) {
    const trace: Part[] = [{ start: 0, end: duration, from: capacity, to: capacity }];
    const first = from / window;
    const runs = seeds.map((seed) => {
      const eight = new Processes(make());
      simulate(eight, trace, refusalLatency, seed, transit);
      return eight.all;
    });
    const spans = [0, 1, 3].map((later) => [first + later, first + later + 1]);
    const cells = [...spans, [first, duration / window]].map(([start, end]) =>
      mean(runs.map((all) => slowest(all.map(({ done }) => mean(done.slice(start, end)))))).toFixed(2),
    );
    console.log(`| ${[name, transit === 0 ? "none" : `${transit} ms each way`, ...cells].join(" | ")} |`);
  }
}

compareOnTraces("No network", 0);
compareOnTraces("5 ms of network each way", 5);
console.log("\n¹ of the requests that did not arrive within two rounds (400 ms) of a step of capacity");
console.log("² successes of the slowest process, as a share of the mean over all eight");
console.log("\n**Ours after a bad start: slowest / mean**\n");
console.log("| | network | first 30 s | next 30 s | 90 to 120 s | all the time |");
console.log("| --- | --- | ---: | ---: | ---: | ---: |");
compareStarts(0);
compareStarts(5);
