import { RateLimiter, Semaphore } from "@llx/async";
import { expect, it, vi } from "vitest";
import { defineJob, type JobQueue } from "./index.ts";
import { all, describeEachQueue, gate, soon } from "./testing/each-queue.ts";

/** Counts what runs at once, together and by name. */
function counter(): {
  readonly most: Map<string, number>;
  run(...names: readonly string[]): Promise<void>;
} {
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  return {
    most,
    async run(...names) {
      for (const name of names) {
        running.set(name, (running.get(name) ?? 0) + 1);
        most.set(name, Math.max(most.get(name) ?? 0, running.get(name)!));
      }
      await new Promise(setImmediate);
      for (const name of names) running.set(name, running.get(name)! - 1);
    },
  };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describeEachQueue("concurrency over all workers", (fixture) => {
  async function workAlone(queue: JobQueue, job: Parameters<JobQueue["work"]>[0]): Promise<void> {
    const worker = queue.work(job, { ...soon, workers: 8 });
    fixture.workers.push(worker);
    await worker.idle();
  }

  it("holds for all of them together, and is used to the full", { timeout: 60_000 }, async () => {
    const { most, run } = counter();
    const job = defineJob(fixture.newName(), { concurrency: 3, handler: () => run("all") });
    await fixture.queue.enqueue(job, numbers(60));
    const queues = [fixture.queue, await fixture.another(), await fixture.another()];
    await Promise.all(queues.map((queue) => workAlone(queue, job)));
    expect(most.get("all")).toBe(3);
    expect(await fixture.queue.counts(job)).toMatchObject({ done: 60, running: 0 });
  });

  it("holds for each tenant, and the others go on", { timeout: 60_000 }, async () => {
    const { most, run } = counter();
    const job = defineJob(fixture.newName(), {
      concurrency: 5,
      tenantConcurrency: 2,
      tenant: (n: number) => `tenant ${n % 4}`,
      handler: (n) => run("all", `tenant ${n % 4}`),
    });
    await fixture.queue.enqueue(job, numbers(60));
    const queues = [fixture.queue, await fixture.another()];
    await Promise.all(queues.map((queue) => workAlone(queue, job)));
    expect(most.get("all")).toBe(5);
    expect([0, 1, 2, 3].map((n) => most.get(`tenant ${n}`))).toEqual([2, 2, 2, 2]);
  });

  it("keeps the order of priorities", async () => {
    const order: number[] = [];
    const job = defineJob(fixture.newName(), {
      concurrency: 1,
      handler: (n: number) => void order.push(n),
    });
    for (const priority of [0, 10, 5]) await fixture.queue.enqueue(job, [priority], { priority });
    await workAlone(fixture.queue, job);
    expect(order).toEqual([10, 5, 0]);
  });

  it("claims nothing ahead: what one worker cannot run is left to others", async () => {
    const { open, pass } = gate();
    const job = defineJob(fixture.newName(), { concurrency: 10, handler: pass });
    await fixture.queue.enqueue(job, numbers(10));
    fixture.work(job, { workers: 2, pollInterval: 0 });
    await vi.waitFor(async () => expect((await fixture.queue.counts(job)).running).toBe(2));
    fixture.work(job, { workers: 3, pollInterval: 0 });
    await vi.waitFor(async () => expect((await fixture.queue.counts(job)).running).toBe(5));
    open();
    expect(await all(fixture.queue.results(job, soon))).toHaveLength(10);
  });

  it("holds with a semaphore and a rate as well", async () => {
    const { most, run } = counter();
    const job = defineJob(fixture.newName(), {
      concurrency: 2,
      rate: new RateLimiter({ requests: { limit: 1_000, interval: 1_000 } }),
      handler: () => run("all"),
    });
    await fixture.queue.enqueue(job, numbers(20));
    await fixture.work(job, { workers: new Semaphore(6) }).idle();
    expect(most.get("all")).toBeLessThanOrEqual(2);
    expect(await fixture.queue.counts(job)).toMatchObject({ done: 20 });
  });

  it("hands back a job when its handler has ended, not before", async () => {
    let running = 0;
    let most = 0;
    const started = gate();
    const ending = gate();
    const leaving = new AbortController();
    const job = defineJob(fixture.newName(), {
      concurrency: 1,
      async handler(_: string, { signal }) {
        most = Math.max(most, ++running);
        if (!leaving.signal.aborted) {
          const aborted = new Promise((resolve) => {
            signal.addEventListener("abort", resolve, { once: true });
          });
          void started.pass();
          await aborted;
          await ending.pass();
        }
        running--;
      },
    });
    await fixture.queue.enqueue(job, ["first", "second"]);
    fixture.work(job, { signal: leaving.signal });
    await started.reached;
    const other = fixture.work(job);
    leaving.abort();
    await ending.reached;
    expect(await fixture.queue.counts(job)).toMatchObject({ running: 1, waiting: 1 });
    ending.open();
    await other.idle();
    expect(most).toBe(1);
    expect(await fixture.queue.counts(job)).toMatchObject({ done: 2 });
  });
});
