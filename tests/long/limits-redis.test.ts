import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { hasRedis, startRedis, type TestRedis } from "../redis.ts";
import { seeded } from "../seeded.ts";

const fixture = new URL("fixtures/limits-process.mjs", import.meta.url);
const interval = 1_000;
const limit = 40;
/** How much later than it was allowed to a request may start, in milliseconds, where more processes run than there are cores. */
const tolerance = 50;

/** A worker, and when its requests have started, by the clock of the machine. */
interface Worker {
  readonly child: ChildProcess;
  readonly starts: number[];
  readonly ready: Promise<void>;
  /** All its requests are done, and its process has ended by itself. */
  readonly done: Promise<void>;
}

/** What a test has started; each has its own, as they run at the same time. */
class Machine implements AsyncDisposable {
  readonly redis: TestRedis;
  readonly #children: ChildProcess[] = [];

  private constructor(redis: TestRedis) {
    this.redis = redis;
  }

  static async start(): Promise<Machine> {
    return new Machine(await startRedis());
  }

  work(requests: number): Worker {
    const worker = work(this.redis.url, requests);
    this.#children.push(worker.child);
    return worker;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill("SIGKILL");
    await this.redis.close();
  }
}

function work(url: string, requests: number): Worker {
  const given = { limits: { requests: { limit, interval } }, options: { name: "shared", url }, requests };
  const child = fork(fixture, [JSON.stringify(given)], { execArgv: [], silent: true });
  const starts: number[] = [];
  const ready = Promise.withResolvers<void>();
  let isDone = false;
  child.on("message", (message: { at?: number; ready?: true; done?: true }) => {
    if (message.at !== undefined) starts.push(message.at);
    if (message.ready === true) ready.resolve();
    if (message.done === true) isDone = true;
  });
  // "exit" may come before the last messages have been read, "close" does not.
  const done = once(child, "close").then(([code]) => {
    if (!isDone || code !== 0) throw new Error(`a worker has ended with ${code}`);
  });
  done.catch(() => {});
  return { child, starts, ready: ready.promise, done };
}

/** The most starts within any interval. */
function fullest(starts: readonly number[]): number {
  const sorted = starts.toSorted((a, b) => a - b);
  let first = 0;
  return Math.max(
    ...sorted.map((at, index) => {
      while (sorted[first]! <= at - interval + tolerance) first++;
      return index - first + 1;
    }),
  );
}

describe.runIf(hasRedis("killed processes and restarts of Redis"))(
  "processes that share a limit on Redis",
  () => {
    it("get what a killed one held, about an interval later", async () => {
      await using machine = await Machine.start();
      const [victim, heir] = [machine.work(10_000), machine.work(100)];
      await Promise.all([victim.ready, heir.ready]);
      while (victim.starts.length < 30) await once(victim.child, "message");
      victim.child.kill("SIGKILL");
      const killed = Number(process.hrtime.bigint() / 1_000n) / 1_000;
      await heir.done;
      expect(fullest([...victim.starts, ...heir.starts])).toBeLessThanOrEqual(limit);
      const after = heir.starts.filter((at) => at > killed);
      // Alone, it has the whole limit within each of the intervals that follow.
      expect(Math.max(...heir.starts) - killed).toBeLessThan(
        interval * (1.5 + Math.ceil(after.length / limit)),
      );
    });

    const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
    it.concurrent.each(seeds)(
      "keep it and do all their work, though it loses its memory and one is killed (seed %i)",
      async (seed) => {
        const next = seeded(seed);
        await using machine = await Machine.start();
        const { redis } = machine;
        const requests = 60;
        const workers = Array.from({ length: 4 }, () => machine.work(requests));
        const victim = machine.work(10_000);
        await Promise.all([...workers, victim].map(({ ready }) => ready));
        while (victim.starts.length === 0) await once(victim.child, "message");
        await sleep(next() * 1_500);
        const order = next() < 0.5;
        if (order) victim.child.kill("SIGKILL");
        await redis.stop(next() < 0.5 ? "SIGKILL" : "SIGTERM");
        await sleep(next() * 700);
        await redis.start();
        await sleep(next() * 500);
        if (!order) victim.child.kill("SIGKILL");
        await Promise.all(workers.map(({ done }) => done));
        const all = [...workers, victim];
        for (const { starts } of workers) expect(starts).toHaveLength(requests);
        expect(fullest(all.flatMap(({ starts }) => starts))).toBeLessThanOrEqual(limit);
      },
    );
  },
);
