// How well rules find the number of concurrent requests that a service accepts, on a simulated clock. The figures are the
// same on each machine, except for the cost of a permit at the end.
//   node adaptive-limiter.ts [--quick]
// The service handles a request in about 200 ms (lognormal, σ 0.5), and refuses requests beyond its capacity, within
// 10 ms or (second table) only after 2 s. A refusal costs it nothing, so a limit that is far too high has full goodput,
// at the price of the share refused. The capacity is from 5 to 100 at once, and changes for five minutes: every
// 5 to 30 s it steps to another one, or begins to drift there. There is always something to send.
// The constants of ours were chosen on the seeds 1000 to 1019; what is printed is of the seeds 1 to 20.
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { AdaptiveLimiter } from "@llx/async";
import { median } from "../harness.ts";
import { EagerAimd, Fixed, Gradient2, initial, max, Ours, type Rule, TextbookAimd } from "./limit-rules.ts";
import { duration, type Outcome, randomTrace, simulate, stepTrace } from "./simulated-service.ts";

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const seeds = Array.from({ length: flags.quick ? 3 : 20 }, (_, index) => index + 1);

const rules: Readonly<Record<string, () => Rule>> = {
  "ours: AdaptiveLimiter": () => new Ours(),
  "textbook AIMD (halve; + 1 per round)": () => new TextbookAimd(),
  "concurrency-limits AIMD (× 0.9; + 1 per success)": () => new EagerAimd(),
  "concurrency-limits gradient2": () => new Gradient2(),
  "fixed at 10 (p-map, concurrency 10)": () => new Fixed(10),
  "fixed at 50 (p-map, concurrency 50)": () => new Fixed(50),
  "fixed at 100 (p-map, concurrency 100)": () => new Fixed(100),
};

function mean(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Goodput and refusals on the random traces. */
function compareOnTraces(title: string, refusalLatency: number): Outcome[] {
  console.log(`\n**${title}** (${seeds.length} traces of ${duration / 1_000} s)\n`);
  console.log("| | goodput: mean | worst | refused¹: mean | worst | refused of all: mean |");
  console.log("| --- | ---: | ---: | ---: | ---: | ---: |");
  const all = Object.entries(rules).map(([name, make]) => {
    const outcomes = seeds.map((seed) => simulate(make(), randomTrace(seed), refusalLatency, seed));
    const goodputs = outcomes.map(({ goodput }) => goodput);
    const refused = outcomes.map((outcome) => outcome.refused);
    const cells = [
      name,
      percent(mean(goodputs)),
      percent(Math.min(...goodputs)),
      percent(mean(refused)),
      percent(Math.max(...refused)),
      percent(mean(outcomes.map(({ refusedOfAll }) => refusedOfAll))),
    ];
    console.log(`| ${cells.join(" | ")} |`);
    return outcomes;
  });
  return all[0]!;
}

/** How fast a capacity is found after it rises tenfold or falls to a tenth. */
function compareOnSteps(): void {
  const steps: readonly (readonly [number, number])[] = [
    [5, 50],
    [10, 100],
  ];
  console.log("\n**After a step of capacity** (median of the seeds)\n");
  const up = steps.map(([low, high]) => `s until 90 % full, ${low} → ${high}`);
  const down = steps.map(([low, high]) => `refused in 20 s, ${high} → ${low}`);
  console.log(`| | ${[...up, ...down].join(" | ")} |\n| --- | ---: | ---: | ---: | ---: |`);
  for (const [name, make] of Object.entries(rules)) {
    const over = (from: number, to: number, read: (outcome: Outcome) => number): number =>
      median(seeds.map((seed) => read(simulate(make(), stepTrace(from, to), 10, seed))));
    const seconds = steps.map(([low, high]) => over(low, high, ({ filledAfter }) => filledAfter / 1_000));
    const refused = steps.map(([low, high]) => over(high, low, (outcome) => outcome.refusedAfterStep));
    const cells = [
      ...seconds.map((time) => (time === Number.POSITIVE_INFINITY ? "never" : time.toFixed(1))),
      ...refused.map((count) => Math.round(count).toLocaleString("en")),
    ];
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}

/** The cost of a free permit. */
async function cost(): Promise<void> {
  const times = flags.quick ? 10_000 : 1_000_000;
  const limiter = new AdaptiveLimiter({ initial, max });
  const awaited: number[] = [];
  const direct: number[] = [];
  for (let round = 0; round < 8; round++) {
    let start = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after another is the point
    for (let n = 0; n < times; n++) (await limiter.acquire()).succeed();
    awaited.push(((performance.now() - start) * 1e6) / times);
    start = performance.now();
    for (let n = 0; n < times; n++) limiter.tryAcquire()!.succeed();
    direct.push(((performance.now() - start) * 1e6) / times);
  }
  // The first round warms up.
  const [acquire, tryAcquire] = [awaited, direct].map((figures) => Math.round(median(figures.slice(1))));
  console.log(
    `\nawait acquire() and succeed(): ${acquire} ns; tryAcquire() and succeed(): ${tryAcquire} ns ` +
      `(Node ${process.versions.node}, median of 7 rounds)`,
  );
}

const ours = compareOnTraces("Refused within 10 ms", 10);
compareOnTraces("Refused after 2 s, as with a time-out", 2_000);
console.log("\n¹ of the requests that were not sent within two rounds (400 ms) of a step of capacity");
compareOnSteps();
await cost();
for (const { goodput, refused } of ours) {
  assert(goodput >= 0.9, `AdaptiveLimiter has only ${percent(goodput)} of the goodput possible`);
  assert(refused <= 0.05, `AdaptiveLimiter has ${percent(refused)} of its requests refused`);
}
