// How much of what a service allows is used, and whether it is ever exceeded: ten minutes of virtual time. Fails
// if ours uses less than 98 % under load, or starts more within any minute than the limit. Then the cost of a start
// that need not wait.
//   node --expose-gc rate-limiter.ts [--quick] [--rounds=9]
import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { RateLimiter } from "@llx/async";
import Bottleneck from "bottleneck";
import pThrottle from "p-throttle";
import { compare, type Contender, number } from "../harness.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { seeded } from "./seeded.ts";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, rounds: { type: "string" } },
});
const times = flags.quick ? 10_000 : 100_000;
const rounds = Number(flags.rounds ?? (flags.quick ? 1 : 9));

const interval = 60_000;
const minutes = 10;
const limits = { requests: 500, tokens: 800_000 };

/** Calls `send` when a request of so many tokens may start. */
type Limit = (tokens: number, send: () => void) => Promise<unknown>;

interface Arrival {
  readonly at: number;
  readonly tokens: number;
}

interface Load {
  readonly title: string;
  readonly binds: "requests" | "tokens";
  readonly arrivals: readonly Arrival[];
}

/** Peers support one budget: the one that binds. */
const contenders: Readonly<Record<string, (binds: Load["binds"]) => Limit>> = {
  "ours: RateLimiter, both budgets": () => {
    const limiter = new RateLimiter({
      requests: { limit: limits.requests, interval },
      tokens: { limit: limits.tokens, interval },
    });
    return (tokens, send) => limiter.acquire({ tokens }).then(send);
  },
  "p-throttle": (binds) => throttled(binds, false),
  "p-throttle, strict": (binds) => throttled(binds, true),
  "bottleneck, reservoir": (binds) => {
    const limiter = new Bottleneck({
      reservoir: limits[binds],
      reservoirRefreshAmount: limits[binds],
      reservoirRefreshInterval: interval,
    });
    return (tokens, send) =>
      limiter.schedule({ weight: binds === "tokens" ? tokens : 1 }, () => Promise.resolve(send()));
  },
};

function throttled(binds: Load["binds"], strict: boolean): Limit {
  const weight = (tokens: number): number => (binds === "tokens" ? tokens : 1);
  const throttle = pThrottle({
    limit: limits[binds],
    interval,
    strict,
    ...(binds === "tokens" && { weight }),
  });
  return throttle((_tokens: number, send: () => void) => Promise.resolve(send()));
}

const random = seeded(20_240_501);
const loads: readonly Load[] = [
  {
    title: "requests bind, all at once",
    binds: "requests",
    arrivals: Array.from({ length: 6_000 }, () => ({ at: 0, tokens: 100 + Math.floor(1_000 * random()) })),
  },
  {
    title: "requests bind, 1, then 999 after 55 s, every 2 min",
    binds: "requests",
    arrivals: Array.from({ length: 5_000 }, (_, n) => ({
      at: 120_000 * Math.floor(n / 1_000) + (n % 1_000 === 0 ? 0 : 55_000),
      tokens: 100 + Math.floor(1_000 * random()),
    })),
  },
  {
    title: "tokens bind, all at once",
    binds: "tokens",
    arrivals: Array.from({ length: 2_400 }, () => ({ at: 0, tokens: 1_000 + Math.floor(7_000 * random()) })),
  },
  {
    title: "tokens bind, one per 200 ms",
    binds: "tokens",
    arrivals: Array.from({ length: 3_000 }, (_, n) => ({
      at: 200 * n,
      tokens: 1_000 + Math.floor(7_000 * random()),
    })),
  },
];

/** What has started, and when. */
async function simulate({ arrivals }: Load, limit: Limit, clock: VirtualClock): Promise<Arrival[]> {
  const starts: Arrival[] = [];
  for (const { at, tokens } of arrivals) {
    setTimeout(() => void limit(tokens, () => starts.push({ at: clock.now, tokens })), at);
  }
  await clock.runUntil(minutes * interval);
  return starts;
}

/** The share of the limit that is used, and the maximum within any minute as a share of the limit. */
function judge({ binds }: Load, starts: readonly Arrival[]): { used: number; most: number } {
  const cost = ({ tokens }: Arrival): number => (binds === "tokens" ? tokens : 1);
  let [all, within, most, first] = [0, 0, 0, 0];
  for (const start of starts) {
    all += cost(start);
    within += cost(start);
    while (starts[first]!.at <= start.at - interval) within -= cost(starts[first++]!);
    most = Math.max(most, within);
  }
  return { used: all / (minutes * limits[binds]), most: most / limits[binds] };
}

console.log(
  `\n**Used of ${number(limits.requests)} requests and ${number(limits.tokens)} tokens per minute over ${minutes} minutes, ` +
    `and the maximum within any minute** (virtual time)\n`,
);
console.log(
  `| | ${loads.map(({ title }) => `${title}: used | max`).join(" | ")} |\n| --- | ${"---: | ".repeat(2 * loads.length)}`,
);
for (const [name, make] of Object.entries(contenders)) {
  const cells: string[] = [];
  for (const load of loads) {
    using clock = new VirtualClock();
    // oxlint-disable-next-line no-await-in-loop -- one simulation after another
    const starts = await simulate(load, make(load.binds), clock);
    const { used, most } = judge(load, starts);
    cells.push(percent(used), percent(most));
    if (!name.startsWith("ours")) continue;
    assert(most <= 1, `${load.title}: ${percent(most)} of the limit within a minute`);
    assert(used >= 0.98, `${load.title}: ${percent(used)} used`);
  }
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}

const plenty = { limit: 1_000_000_000, interval };

/* oxlint-disable no-await-in-loop -- one after another is what is measured */
const starts: Contender[] = [
  looping("ours: acquire, requests", () => {
    const limiter = new RateLimiter({ requests: plenty });
    return () => limiter.acquire();
  }),
  looping("ours: acquire and settle, both budgets", () => {
    const limiter = new RateLimiter({ requests: plenty, tokens: plenty });
    return async () => (await limiter.acquire({ tokens: 100 })).settle(90);
  }),
  {
    name: "ours: tryAcquire, both budgets",
    async run(count) {
      const limiter = new RateLimiter({ requests: plenty, tokens: plenty });
      for (let n = 0; n < count; n++) limiter.tryAcquire({ tokens: 100 });
    },
  },
  looping("p-throttle", () => pThrottle(plenty)(async () => {})),
  looping("p-throttle, strict", () => pThrottle({ ...plenty, strict: true })(async () => {})),
  {
    ...looping("bottleneck", () => {
      const limiter = new Bottleneck({ reservoir: plenty.limit });
      return () => limiter.schedule(() => Promise.resolve());
    }),
    // Each takes some turns of the event loop.
    times: Math.min(times, 300),
  },
];

function looping(name: string, make: () => () => Promise<unknown>): Contender {
  return {
    name,
    async run(count) {
      const once = make();
      for (let n = 0; n < count; n++) await once();
    },
  };
}
/* oxlint-enable no-await-in-loop */

await compare("A start that need not wait", starts, { times, rounds });

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
