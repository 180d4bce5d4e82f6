// How long 2,000 jobs of uneven length take, in virtual time, relative to a list schedule: each job in turn goes to the
// worker that is free first. Nothing is timed, so the figures are the same on each machine.
import assert from "node:assert/strict";
import { batchGather, mapJobs, streamJobs } from "@llx/async";
import pMap, { pMapIterable } from "p-map";
import { listSchedule } from "../list-schedule.ts";
import { waves } from "./mappers.ts";
import { normal, seeded } from "./seeded.ts";

type Sleep = () => Promise<void>;
type Pool = (jobs: readonly Sleep[], workers: number) => Promise<unknown>;

const jobs = 2_000;

const pools: Readonly<Record<string, Pool>> = {
  "ours: mapJobs": (sleeps, workers) => mapJobs(sleeps, (sleep) => sleep(), { workers }),
  "p-map": (sleeps, concurrency) => pMap(sleeps, (sleep) => sleep(), { concurrency }),
  "waves of Promise.all": (sleeps, workers) => waves(sleeps.values(), (sleep) => sleep(), workers),
  "ours: batchGather": (sleeps, batchSize) => batchGather(sleeps, { batchSize }),
  "ours: streamJobs": (sleeps, workers) => drain(streamJobs(sleeps, { workers })),
  "ours: streamJobs, ordered: false": (sleeps, workers) =>
    drain(streamJobs(sleeps, { workers, ordered: false })),
  pMapIterable: (sleeps, concurrency) => drain(pMapIterable(sleeps, (sleep) => sleep(), { concurrency })),
  "pMapIterable, backpressure 9 × concurrency": (sleeps, concurrency) =>
    drain(pMapIterable(sleeps, (sleep) => sleep(), { concurrency, backpressure: 9 * concurrency })),
};

const lengths: Readonly<Record<string, (random: () => number) => number>> = {
  "lognormal σ 0.5": (random) => Math.exp(0.5 * normal(random)),
  "lognormal σ 1": (random) => Math.exp(normal(random)),
  "2 % take 20 × as long": (random) => (random() < 0.02 ? 20 : 1) * (0.9 + 0.2 * random()),
};

export async function stragglers(): Promise<void> {
  const cases = [8, 64].flatMap((workers) =>
    Object.entries(lengths).map(([name, length]) => {
      const random = seeded(20_240_501);
      const list = Array.from({ length: jobs }, () => length(random));
      return { title: `${workers} workers, ${name}`, workers, list, ideal: listSchedule(list, workers) };
    }),
  );
  console.log(
    `\n**${jobs.toLocaleString("en")} jobs of uneven length, virtual time over a list schedule**\n`,
  );
  console.log(`| | ${cases.map(({ title }) => title).join(" | ")} | goal |`);
  console.log(`| --- | ${"---: | ".repeat(cases.length)}---: |`);
  for (const [name, pool] of Object.entries(pools)) {
    const ratios: number[] = [];
    for (const { list, workers, ideal } of cases) {
      // oxlint-disable-next-line no-await-in-loop -- one simulation after another
      ratios.push((await makespan(list, (sleeps) => pool(sleeps, workers))) / ideal);
    }
    const isOurs = name === "ours: mapJobs";
    console.log(
      `| ${name} | ${ratios.map((ratio) => ratio.toFixed(2)).join(" | ")} | ${isOurs ? "≤ 1.05" : ""} |`,
    );
    if (isOurs)
      for (const ratio of ratios) assert(ratio <= 1.05, `mapJobs takes ${ratio} of a list schedule`);
  }
}

/** When everything is done, on a clock that advances to the next end of a sleep whenever nothing else is pending. */
async function makespan(
  list: readonly number[],
  run: (sleeps: readonly Sleep[]) => Promise<unknown>,
): Promise<number> {
  let now = 0;
  let isDone = false;
  let idle = 0;
  const asleep = new Set<{ readonly at: number; wake(): void }>();
  const sleeps = list.map(
    (length) => () => new Promise<void>((wake) => void asleep.add({ at: now + length, wake })),
  );
  const work = run(sleeps).finally(() => {
    isDone = true;
  });
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- lets pending code continue
    await new Promise(setImmediate);
    if (isDone) break;
    const [next] = [...asleep].toSorted((a, b) => a.at - b.at);
    assert(next !== undefined || idle++ < 100, "nothing goes on any more");
    if (next === undefined) continue;
    asleep.delete(next);
    now = next.at;
    next.wake();
  }
  await work;
  return now;
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  const iterator = stream[Symbol.asyncIterator]();
  // oxlint-disable-next-line no-await-in-loop -- one after another
  while (!(await iterator.next()).done);
}
