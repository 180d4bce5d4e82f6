import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createJobQueue,
  defineJob,
  type FinishedJob,
  type JobQueue,
  type JobQueueOptions,
} from "../../integrations/jobs-pgboss/dist/index.js";
import { hasPostgres, startPostgres, type TestPostgres } from "../postgres.ts";

interface Payload {
  readonly n: number;
  readonly hangs?: boolean;
}
interface Result {
  readonly n: number;
  readonly pid: number;
}

/** What the processes of the fixture know by the same name. */
const job = defineJob<Payload, Result>("count", {
  retry: { attempts: 10 },
  handler: ({ n }) => ({ n, pid: process.pid }),
});

const fixture = new URL("fixtures/jobs-process.mjs", import.meta.url);
let folder: string;
let log: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-kills-"));
  log = join(folder, "log");
});

afterEach(async () => {
  await Promise.all(Array.from(children, kill));
  rmSync(folder, { recursive: true });
});

/** Starts a process that works; it has opened its queue and stored its jobs when this is over. */
async function start(options: {
  readonly place: JobQueueOptions;
  readonly enqueue?: number;
  readonly results?: boolean;
}): Promise<{ readonly child: ChildProcess; readonly created: number }> {
  const child = fork(fixture, [JSON.stringify({ ...options, log })], { execArgv: [], silent: false });
  children.add(child);
  const [{ created }] = (await once(child, "message")) as [{ created: number }];
  return { child, created };
}

/** Waits until a process has said something so many times. */
async function hear(child: ChildProcess, what: "started" | "stored", times: number): Promise<void> {
  for (let heard = 0; heard < times;) {
    // oxlint-disable-next-line no-await-in-loop -- one message after another
    const [message] = (await once(child, "message")) as [object];
    if (what in message) heard++;
  }
}

async function kill(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

interface Line {
  readonly what: string;
  readonly n: number;
  readonly attempt: number;
  readonly pid: number;
}

function lines(what: string): Line[] {
  return readFileSync(log, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [said, ...numbers] = line.split(" ");
      const [n, attempt, pid] = numbers.map(Number);
      return said === what ? [{ what, n: n!, attempt: attempt!, pid: pid! }] : [];
    });
}

async function resultsOf(queue: JobQueue): Promise<FinishedJob<Payload, Result>[]> {
  return Array.fromAsync(queue.results(job));
}

/** Each job has one result, and it is its own. */
function expectEachOnce(results: readonly FinishedJob<Payload, Result>[], count: number): void {
  expect(results.map(({ payload }) => payload.n).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: count }, (_, n) => n),
  );
  expect(new Set(results.map(({ id }) => id)).size).toBe(count);
  for (const each of results) expect(each).toMatchObject({ status: "done", result: { n: each.payload.n } });
}

describe.runIf(hasPostgres("killed workers on PostgreSQL"))("on PostgreSQL", () => {
  let postgres: TestPostgres;
  let queue: JobQueue;

  beforeEach(async () => {
    postgres = await startPostgres();
    queue = await createJobQueue({ connectionString: postgres.url });
  });

  afterEach(async () => {
    await Promise.all(Array.from(children, kill));
    await queue.aclose();
    await postgres.close();
  });

  it("a job whose process is killed is run again elsewhere, and stored once", async () => {
    const place = { connectionString: postgres.url };
    await queue.enqueue(job, [{ n: 0, hangs: true }]);
    const { child: victim } = await start({ place });
    await hear(victim, "started", 1);
    const { child: heir } = await start({ place });
    const restarted = hear(heir, "started", 1);
    const killed = performance.now();
    await kill(victim);
    await restarted;
    console.log(`restarted ${((performance.now() - killed) / 1_000).toFixed(1)} s after the kill`);
    const results = await resultsOf(queue);
    expectEachOnce(results, 1);
    expect(results).toMatchObject([{ attempts: 2, result: { pid: heir.pid } }]);
    expect(lines("start").map(({ attempt, pid }) => [attempt, pid])).toEqual([
      [1, victim.pid],
      [2, heir.pid],
    ]);
    expect(lines("end")).toHaveLength(1);
  });

  it("kills among many jobs lose none and store none twice", async () => {
    const place = { connectionString: postgres.url };
    const count = 2_000;
    const workers = await Promise.all([1, 2, 3, 4].map(() => start({ place })));
    const kills = [20, 60, 100].map(async (after, at) => {
      const { child } = workers[at]!;
      await hear(child, "started", after);
      await kill(child);
    });
    await queue.enqueue(
      job,
      Array.from({ length: count }, (_, n) => ({ n })),
      { key: ({ n }) => String(n) },
    );
    await Promise.all(kills);
    const results = await resultsOf(queue);
    expectEachOnce(results, count);
    const again = results.filter(({ attempts }) => attempts > 1);
    // What was stored is what ended, and was begun again only where it was lost.
    expect(again.length).toBeGreaterThan(0);
    const starts = lines("start");
    for (const { payload, attempts } of again) {
      expect(Math.max(...starts.filter(({ n }) => n === payload.n).map(({ attempt }) => attempt))).toBe(
        attempts,
      );
    }
  });

  it("a database that is restarted under load loses no job", async () => {
    const place = { connectionString: postgres.url };
    const count = 4_000;
    await queue.enqueue(
      job,
      Array.from({ length: count }, (_, n) => ({ n })),
    );
    const workers = await Promise.all([start({ place }), start({ place })]);
    await Promise.all(workers.map(({ child }) => hear(child, "started", 200)));
    await postgres.restart("fast");
    await Promise.all(workers.map(({ child }) => hear(child, "started", 200)));
    await postgres.restart("immediate");
    await vi.waitFor(async () => expect(await queue.counts(job)).toMatchObject({ done: count }), {
      timeout: 100_000,
      interval: 200,
    });
    expectEachOnce(await resultsOf(queue), count);
  });
});

describe("embedded in a directory", () => {
  it("a killed process leaves its jobs to the next: none is lost, no stored one is repeated", async () => {
    const place = { directory: join(folder, "jobs") };
    const count = 600;
    const kills = [20, 150, 90];
    for (const [at, after] of kills.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one life after another
      const { child, created } = await start({ place, enqueue: count, results: true });
      expect(created).toBe(at === 0 ? count : 0);
      // oxlint-disable-next-line no-await-in-loop
      await hear(child, "stored", after);
      // oxlint-disable-next-line no-await-in-loop
      await kill(child);
    }
    const stored = new Map(lines("stored").map(({ n, attempt }) => [n, attempt]));
    expect(stored.size).toBeGreaterThanOrEqual(150);
    expect(stored.size).toBeLessThan(count);

    const queue = await createJobQueue(place);
    expect((await queue.counts(job)).failed).toBe(0);
    await queue.work(job, { workers: 4 }).idle();
    const results = await resultsOf(queue);
    await queue.aclose();
    expectEachOnce(results, count);
    const starts = lines("start");
    for (const { payload, attempts } of results) {
      if (!stored.has(payload.n)) continue;
      expect(attempts).toBe(stored.get(payload.n));
      // Nobody began it after that. (An attempt may be lost before its handler begins.)
      const begun = starts.filter(({ n }) => n === payload.n).map(({ attempt }) => attempt);
      expect(Math.max(...begun)).toBe(attempts);
      expect(begun.length).toBeLessThanOrEqual(attempts);
    }
  });

  it("refuses a second process at once, and says who has the directory", async () => {
    const place = { directory: join(folder, "jobs") };
    const { child } = await start({ place });
    await expect(createJobQueue(place)).rejects.toThrow(
      `the directory ${place.directory} is in use by process ${child.pid}: `,
    );
    await kill(child);
    await (await createJobQueue(place)).aclose();
  });
});
