// How well processes that share one key keep its limit and use it: 8 processes, 500 requests and 800,000 tokens in an
// interval, in which a minute is scaled to 12 s; a service on loopback that counts by its own clock, over a sliding window;
// 64 callers in each process, so that requests always wait. Each request has 800 to 2,400 tokens: on average, both budgets
// bind. Then the same again with one process killed and another one added in the middle.
//   node many-processes.ts [--only=redis,share] [--intervals=5] [--interval=12000]
// Needs redis-server and PostgreSQL (Debian: apt-get install redis-server postgresql).
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { startPostgres } from "../../../tests/postgres.ts";
import { startRedis } from "../../../tests/redis.ts";
import { contestants, type Setting } from "./contestants.ts";
import type { Arrival } from "./service.ts";
import type { WorkCounts, WorkOptions } from "./work-process.ts";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    intervals: { type: "string", default: "5" },
    interval: { type: "string", default: "12000" },
  },
});
const interval = Number(flags.interval);
const intervals = Number(flags.intervals);
const limits = { requests: 500, tokens: 800_000 };
const processes = 8;
const workers = 64;

interface Run {
  /** The share of the limit that was used, of the budget that was used most. */
  readonly used: number;
  /** The most that has arrived within any interval, accepted or not, as a share of the limit. */
  readonly fullest: number;
  readonly refused: number;
  /** What the slowest process got, as a share of the mean. */
  readonly fairness: number;
  readonly tripsPerStart: number | undefined;
}

/** Starts a worker process, ready to go. */
async function startWorker(options: WorkOptions): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, "work-process.ts"), [JSON.stringify(options)]);
  await once(child, "message");
  return child;
}

async function countsOf(child: ChildProcess): Promise<WorkCounts> {
  const answer = once(child, "message") as Promise<[WorkCounts]>;
  child.send("count");
  return (await answer)[0];
}

/** Calls of scripts; peers and ours do nothing else often. */
async function scriptCalls(redis: Redis): Promise<number> {
  const stats = await redis.info("commandstats");
  return [...stats.matchAll(/cmdstat_(?:evalsha|eval|fcall):calls=(\d+)/g)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  );
}

async function run(contestant: string, setting: Setting, redis: Redis, isDisturbed: boolean): Promise<Run> {
  await redis.flushall();
  const args = [limits.requests, limits.tokens, interval].map(String);
  const service = fork(join(import.meta.dirname, "service.ts"), args);
  const [servicePort] = (await once(service, "message")) as [number];
  const optionsOf = (from: number): WorkOptions => ({ ...setting, contestant, from, servicePort, workers });
  const children = await Promise.all(
    Array.from({ length: processes }, (_, from) => startWorker(optionsOf(from))),
  );
  const arrivalsNow = async (): Promise<Arrival[]> =>
    (await (await fetch(`http://127.0.0.1:${servicePort}`)).json()) as Arrival[];
  await arrivalsNow();
  const callsBefore = await scriptCalls(redis);
  for (const child of children) child.send("go");
  if (isDisturbed) {
    await sleep((intervals / 2) * interval);
    children.shift()!.kill("SIGKILL");
    const added = await startWorker(optionsOf(processes));
    added.send("go");
    children.push(added);
    await sleep((intervals / 2) * interval);
  } else await sleep(intervals * interval);
  const arrivals = await arrivalsNow();
  const calls = (await scriptCalls(redis)) - callsBefore;
  const counts = await Promise.all(children.map(countsOf));
  for (const child of [...children, service]) child.kill("SIGKILL");

  const from = arrivals[0]!.at;
  const steady = arrivals.filter(({ at }) => at >= from + interval && at < from + (intervals - 1) * interval);
  const accepted = steady.filter(({ refused }) => !refused);
  const most = (intervals - 2) * 1;
  const acquired = counts.reduce((sum, each) => sum + each.acquired, 0);
  const queries = counts.reduce((sum, each) => sum + each.queries, 0);
  const each = Array.from(
    { length: processes },
    (_, number) => accepted.filter((arrival) => arrival.from === number).length,
  );
  const { store } = contestants[contestant]!;
  return {
    used: Math.max(
      accepted.length / (limits.requests * most),
      accepted.reduce((sum, { tokens }) => sum + tokens, 0) / (limits.tokens * most),
    ),
    fullest: Math.max(
      fullestInterval(arrivals, () => 1) / limits.requests,
      fullestInterval(arrivals, ({ tokens }) => tokens) / limits.tokens,
    ),
    refused: arrivals.filter(({ refused }) => refused).length / arrivals.length,
    fairness: Math.min(...each) / (accepted.length / processes),
    tripsPerStart: store === "none" ? undefined : (store === "redis" ? calls : queries) / acquired,
  };
}

function fullestInterval(arrivals: readonly Arrival[], amountOf: (arrival: Arrival) => number): number {
  let [first, sum, most] = [0, 0, 0];
  for (const arrival of arrivals) {
    sum += amountOf(arrival);
    while (arrivals[first]!.at <= arrival.at - interval) sum -= amountOf(arrivals[first++]!);
    most = Math.max(most, sum);
  }
  return most;
}

const redisServer = await startRedis();
const redisPort = redisServer.port;
const redis = new Redis(redisPort, "127.0.0.1");
const postgres = await startPostgres();
const setting: Setting = { ...limits, interval, processes, redisPort, postgresUrl: postgres.url };

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log(
  `Node ${process.versions.node}, ${processes} processes, ${intervals} intervals of ${interval} ms\n`,
);
console.log(
  "| | used | most in any interval | refused | slowest / mean | trips a start | used, one killed and one added |",
);
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const [key, { name }] of Object.entries(contestants)) {
  if (flags.only !== undefined && !flags.only.split(",").includes(key)) continue;
  // oxlint-disable-next-line no-await-in-loop -- one after another is the point
  const steady = await run(key, setting, redis, false);
  // oxlint-disable-next-line no-await-in-loop
  const disturbed = await run(key, setting, redis, true);
  const cells = [
    percent(steady.used),
    percent(Math.max(steady.fullest, disturbed.fullest)),
    percent(Math.max(steady.refused, disturbed.refused)),
    steady.fairness.toFixed(2),
    steady.tripsPerStart?.toFixed(3) ?? "–",
    percent(disturbed.used),
  ];
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
redis.disconnect();
await redisServer.close();
await postgres.close();
