import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createJobQueue, defineJob, type JobQueue } from "../../integrations/jobs-pgboss/dist/index.js";
import { hasPostgres, startPostgres, type TestPostgres } from "../postgres.ts";
import { seeded } from "../seeded.ts";

const fixture = new URL("fixtures/limited-jobs-process.mjs", import.meta.url);

interface Payload {
  readonly n: number;
  readonly tenant: string;
}

/** One kind of job with its processes, and the log of its handlers. */
class Run {
  readonly name: string;
  readonly job;
  readonly #settings: object;
  readonly #log: string;
  readonly #children = new Set<ChildProcess>();

  constructor(url: string, folder: string, name: string, concurrency: number, tenantConcurrency: number) {
    this.name = name;
    this.#log = join(folder, name);
    writeFileSync(this.#log, "");
    this.#settings = {
      place: { connectionString: url },
      log: this.#log,
      name,
      concurrency,
      tenantConcurrency,
    };
    this.job = defineJob(name, {
      tenant: ({ tenant }: Payload) => tenant,
      retry: { attempts: 10 },
      handler: () => {},
    });
  }

  /** Starts a process that works. */
  async start(): Promise<ChildProcess> {
    const child = fork(fixture, [JSON.stringify(this.#settings)], { execArgv: [] });
    this.#children.add(child);
    await once(child, "message");
    return child;
  }

  /** Resolves when a process has started so many jobs. */
  started(child: ChildProcess, count: number): Promise<void> {
    return new Promise((resolve) => {
      let heard = 0;
      child.on("message", () => {
        if (++heard === count) resolve();
      });
    });
  }

  async kill(child: ChildProcess): Promise<void> {
    this.#children.delete(child);
    child.kill("SIGKILL");
    await once(child, "exit");
    appendFileSync(this.#log, `dead 0 - ${child.pid}\n`);
  }

  async end(): Promise<void> {
    await Promise.all(Array.from(this.#children, (child) => this.kill(child)));
  }

  /** How many handlers ran at once at most, together and of one tenant, and how many jobs ended. */
  most(): { readonly all: number; readonly tenant: number; readonly ended: number } {
    const running = new Map<string, { readonly tenant: string; readonly pid: string }>();
    const ended = new Set<string>();
    let [all, ofTenant] = [0, 0];
    for (const line of readFileSync(this.#log, "utf8").trim().split("\n")) {
      const [what, n, tenant, pid] = line.split(" ") as [string, string, string, string];
      if (what === "start") running.set(`${n} ${pid}`, { tenant, pid });
      if (what === "end") {
        running.delete(`${n} ${pid}`);
        ended.add(n);
      }
      if (what === "dead") {
        for (const [key, each] of running) if (each.pid === pid) running.delete(key);
      }
      all = Math.max(all, running.size);
      const same = Array.from(running.values()).filter((each) => each.tenant === tenant);
      ofTenant = Math.max(ofTenant, same.length);
    }
    return { all, tenant: ofTenant, ended: ended.size };
  }
}

const payloads = (count: number): Payload[] =>
  Array.from({ length: count }, (_, n) => ({ n, tenant: `tenant-${n % 5}` }));

describe.runIf(hasPostgres("killed workers of limited jobs"))(
  "jobs of which only so many run at once",
  () => {
    let postgres: TestPostgres;
    let queue: JobQueue;
    let folder: string;
    const runs: Run[] = [];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "llx-limits-"));
      postgres = await startPostgres();
      queue = await createJobQueue({ connectionString: postgres.url });
    });

    afterEach(async () => {
      await Promise.all(runs.splice(0).map((run) => run.end()));
    });

    afterAll(async () => {
      await queue.aclose();
      await postgres.close();
      rmSync(folder, { recursive: true });
    });

    async function begin(
      ...args: [name: string, concurrency: number, tenantConcurrency: number]
    ): Promise<Run> {
      const run = new Run(postgres.url, folder, ...args);
      runs.push(run);
      await queue.enqueue(run.job, payloads(200));
      return run;
    }

    async function allDone({ job }: Run): Promise<void> {
      await vi.waitFor(
        async () => expect(await queue.counts(job)).toMatchObject({ done: 200, running: 0, waiting: 0 }),
        { timeout: 100_000, interval: 200 },
      );
    }

    it(
      "stay within their limits through kills, in 20 seeded runs, and all are done",
      { timeout: 600_000 },
      async () => {
        async function one(seed: number): Promise<void> {
          const random = seeded(seed);
          const concurrency = 1 + Math.floor(random() * 6);
          const tenantConcurrency = 1 + Math.floor(random() * 3);
          const run = await begin(`kills-${seed}`, concurrency, tenantConcurrency);
          const [victim] = await Promise.all([run.start(), run.start()]);
          // The other process may have done all jobs before it.
          await Promise.race([run.started(victim, 1 + Math.floor(random() * 20)), allDone(run)]);
          await run.kill(victim);
          await run.start();
          await allDone(run);
          const most = run.most();
          expect(most, `seed ${seed}`).toMatchObject({ ended: 200 });
          expect(most.all, `seed ${seed}`).toBeLessThanOrEqual(concurrency);
          expect(most.tenant, `seed ${seed}`).toBeLessThanOrEqual(tenantConcurrency);
          await run.end();
        }
        for (const at of [0, 4, 8, 12, 16]) {
          // oxlint-disable-next-line no-await-in-loop -- four at once
          await Promise.all([1, 2, 3, 4].map((n) => one(at + n)));
        }
      },
    );

    it("stay within their limits while PostgreSQL is restarted, and all are done", async () => {
      const run = await begin("restarts", 3, 2);
      await queue.enqueue(run.job, []);
      const workers = await Promise.all([run.start(), run.start(), run.start()]);
      await Promise.race(workers.map((child) => once(child, "message")));
      await postgres.restart("fast");
      await Promise.race(workers.map((child) => once(child, "message")));
      await postgres.restart("immediate");
      await allDone(run);
      const most = run.most();
      expect(most.ended).toBe(200);
      expect(most.all).toBeLessThanOrEqual(3);
      expect(most.tenant).toBeLessThanOrEqual(2);
    });
  },
);
