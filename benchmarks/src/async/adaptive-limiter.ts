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
import { normal, seeded } from "./seeded.ts";

const { values: flags } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const seeds = Array.from({ length: flags.quick ? 3 : 20 }, (_, index) => index + 1);

const duration = 300_000;
const meanLatency = 200;
const sigma = 0.5;
/** For how long after a step refusals are unavoidable: two rounds. */
const allowance = 2 * meanLatency;
/** The initial and the maximum limit of the rules. */
const initial = 10;
const max = 200;

/** One way to decide whether another request may be sent now. */
interface Rule {
  /** `undefined`: not now. */
  start(now: number): Attempt | undefined;
}

interface Attempt {
  succeeded(now: number): void;
  refused(now: number): void;
}

const rules: Readonly<Record<string, () => Rule>> = {
  "ours: AdaptiveLimiter": () => new Ours(),
  "textbook AIMD (halve; + 1 per round)": () => new TextbookAimd(),
  "concurrency-limits AIMD (× 0.9; + 1 per success)": () => new EagerAimd(),
  "concurrency-limits gradient2": () => new Gradient2(),
  "fixed at 10 (p-map, concurrency 10)": () => new Fixed(10),
  "fixed at 50 (p-map, concurrency 50)": () => new Fixed(50),
  "fixed at 100 (p-map, concurrency 100)": () => new Fixed(100),
};

class Ours implements Rule {
  readonly #limiter = new AdaptiveLimiter({ initial, max });

  start(): Attempt | undefined {
    const permit = this.#limiter.tryAcquire();
    return permit && { succeeded: () => permit.succeed(), refused: () => permit.fail(overload) };
  }
}

const overload = { status: 429 };

/** A fixed limit, which the other rules change. This is p-map at a fixed concurrency. */
class Fixed implements Rule {
  limit: number;
  running = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  start(now: number): Attempt | undefined {
    if (this.running >= Math.floor(this.limit)) return undefined;
    this.running++;
    return this.send(now);
  }

  /** One shared attempt suffices if nothing is learned from it. */
  send(_now: number): Attempt {
    return this.#any;
  }

  readonly #any: Attempt = { succeeded: () => void this.running--, refused: () => void this.running-- };
}

/** Halves the limit on a refusal, once for all that was sent before; adds one for as many successes as it is. */
class TextbookAimd extends Fixed {
  #flight = 0;

  constructor() {
    super(initial);
  }

  override send(): Attempt {
    const flight = this.#flight;
    return {
      succeeded: () => {
        this.running--;
        this.limit = Math.min(this.limit + 1 / this.limit, max);
      },
      refused: () => {
        this.running--;
        if (flight !== this.#flight) return;
        this.#flight++;
        this.limit = Math.max(this.limit / 2, 1);
      },
    };
  }
}

/** What Netflix's library recommends for clients: only loss, with its own constants. */
class EagerAimd extends Fixed {
  constructor() {
    super(initial);
  }

  override send(): Attempt {
    return this.#any;
  }

  readonly #any: Attempt = {
    succeeded: () => {
      if (this.running * 2 >= this.limit) this.limit = Math.min(this.limit + 1, max);
      this.running--;
    },
    refused: () => {
      this.running--;
      this.limit = Math.max(Math.floor(this.limit * 0.9), 1);
    },
  };
}

/**
 * By its description: each second, the limit is multiplied by the long-term latency over the latest one, from 0.5
 * to 1 and with a tolerance of 1.5, plus 4 for a queue; a fifth of the difference is applied. It looks at latency:
 * it learns nothing from a service that refuses instead of queueing.
 *
 * @see https://github.com/Netflix/concurrency-limits
 */
class Gradient2 extends Fixed {
  #long = 0;
  #longSamples = 0;
  #sum = 0;
  #samples = 0;
  #next = 1_000;

  constructor() {
    super(initial);
  }

  override send(startedAt: number): Attempt {
    return {
      succeeded: (now) => {
        this.#sum += now - startedAt;
        this.#samples++;
        if (now >= this.#next && this.#samples >= 10) this.#update(now);
        this.running--;
      },
      refused: () => void this.running--,
    };
  }

  #update(now: number): void {
    const short = this.#sum / this.#samples;
    this.#sum = 0;
    this.#samples = 0;
    this.#next = now + 1_000;
    this.#longSamples++;
    // A mean while it warms up, then exponential over 600 seconds.
    this.#long += (short - this.#long) * (this.#longSamples <= 10 ? 1 / this.#longSamples : 2 / 601);
    if (this.#long / short > 2) this.#long *= 0.9;
    if (this.running < this.limit / 2) return;
    const gradient = Math.max(0.5, Math.min(1, (1.5 * this.#long) / short));
    this.limit = Math.max(1, Math.min(0.8 * this.limit + 0.2 * (gradient * this.limit + 4), max));
  }
}

/** A part of a trace: the capacity drifts from one value to another; constant if they are equal. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly to: number;
}

function randomTrace(seed: number): Part[] {
  const random = seeded(seed);
  const draw = (): number => 5 * 20 ** random();
  const parts: Part[] = [];
  for (let start = 0, capacity = draw(); start < duration;) {
    const end = start + 5_000 + 25_000 * random();
    const to = draw();
    parts.push({ start, end, from: random() < 0.5 ? capacity : to, to });
    capacity = to;
    start = end;
  }
  return parts;
}

/** A capacity that changes after 20 s. */
function stepTrace(from: number, to: number): Part[] {
  return [
    { start: 0, end: 20_000, from, to: from },
    { start: 20_000, end: 40_000, from: to, to },
  ];
}

interface Outcome {
  /** Successes, as a share of those of a service that is always full. */
  readonly goodput: number;
  /** Refused, of the requests that were not sent within two rounds of a step of capacity. */
  readonly refused: number;
  /** Refused, of all. */
  readonly refusedOfAll: number;
  /** After the last step: how many were refused, and milliseconds until the service was nine tenths full. */
  readonly refusedAfterStep: number;
  readonly filledAfter: number;
}

function simulate(rule: Rule, trace: readonly Part[], refusalLatency: number, seed: number): Outcome {
  const random = seeded(seed * 7_919 + 1);
  const service = new InService();
  const refusals = new Refusals();
  const end = Math.min(trace.at(-1)!.end, duration);
  let part = 0;
  let now = 0;
  let done = 0;
  let sent = 0;
  let refused = 0;
  let counted = 0;
  let countedRefused = 0;
  let refusedAtStep = 0;
  let steppedAt = Number.NEGATIVE_INFINITY;
  let filledAfter = 0;
  for (;;) {
    while (now >= trace[part]!.end) {
      const before = trace[part++]!;
      const { start, from } = trace[part]!;
      if (from === before.to) continue;
      steppedAt = start;
      refusedAtStep = refused;
      filledAfter = Number.POSITIVE_INFINITY;
    }
    const { start, end: until, from, to } = trace[part]!;
    const capacity = Math.round(from + ((to - from) * (now - start)) / (until - start));
    const counts = now > steppedAt + allowance;
    for (let attempt = rule.start(now); attempt !== undefined; attempt = rule.start(now)) {
      sent++;
      if (counts) counted++;
      if (service.size < capacity) {
        service.add(now + meanLatency * Math.exp(sigma * normal(random) - sigma ** 2 / 2), attempt);
      } else {
        refused++;
        if (counts) countedRefused++;
        refusals.add(now + refusalLatency, attempt);
      }
    }
    if (filledAfter === Number.POSITIVE_INFINITY && service.size >= 0.9 * capacity)
      filledAfter = now - steppedAt;
    now = Math.min(service.next, refusals.next);
    if (now >= end) break;
    if (service.next === now) {
      done++;
      service.take().succeeded(now);
    } else {
      refusals.take().refused(now);
    }
  }
  const possible = trace.reduce((sum, { start, end: until, from, to }) => {
    const last = Math.min(until, end);
    const atLast = from + ((to - from) * (last - start)) / (until - start);
    return sum + (((from + atLast) / 2) * (last - start)) / meanLatency;
  }, 0);
  return {
    goodput: done / possible,
    refused: countedRefused / counted,
    refusedOfAll: refused / sent,
    refusedAfterStep: refused - refusedAtStep,
    filledAfter,
  };
}

/** Requests being handled: a heap, the next to finish first. */
class InService {
  readonly #ends: number[] = [];
  readonly #attempts: Attempt[] = [];

  get size(): number {
    return this.#ends.length;
  }

  get next(): number {
    return this.#ends[0] ?? Number.POSITIVE_INFINITY;
  }

  add(end: number, attempt: Attempt): void {
    let place = this.#ends.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#ends[parent]! <= end) break;
      this.#move(parent, place);
      place = parent;
    }
    this.#ends[place] = end;
    this.#attempts[place] = attempt;
  }

  take(): Attempt {
    const taken = this.#attempts[0]!;
    const end = this.#ends.pop()!;
    const attempt = this.#attempts.pop()!;
    const size = this.#ends.length;
    if (size === 0) return taken;
    let place = 0;
    for (let child = 1; child < size; child = 2 * place + 1) {
      if (child + 1 < size && this.#ends[child + 1]! < this.#ends[child]!) child++;
      if (this.#ends[child]! >= end) break;
      this.#move(child, place);
      place = child;
    }
    this.#ends[place] = end;
    this.#attempts[place] = attempt;
    return taken;
  }

  #move(from: number, to: number): void {
    this.#ends[to] = this.#ends[from]!;
    this.#attempts[to] = this.#attempts[from]!;
  }
}

/** Refusals in transit: a ring, because each takes equally long. */
class Refusals {
  readonly #ends = new Float64Array(256);
  readonly #attempts: Attempt[] = [];
  #first = 0;
  #size = 0;

  get next(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#ends[this.#first]!;
  }

  add(end: number, attempt: Attempt): void {
    assert(this.#size < 256, "no rule lets more than 200 through");
    const place = (this.#first + this.#size++) & 255;
    this.#ends[place] = end;
    this.#attempts[place] = attempt;
  }

  take(): Attempt {
    const attempt = this.#attempts[this.#first]!;
    this.#first = (this.#first + 1) & 255;
    this.#size--;
    return attempt;
  }
}

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
