import { Semaphore } from "@llx/async";
import * as fc from "fast-check";
import { expect, it, vi } from "vitest";
import { defineJob } from "./index.ts";
import { describeEachQueue, gate } from "./testing/each-queue.ts";

describeEachQueue("the order of jobs", (fixture) => {
  it("runs as many jobs at once as there are workers, of several kinds together", async () => {
    let running = 0;
    let most = 0;
    const handler = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    };
    const jobs = [defineJob(fixture.newName(), { handler }), defineJob(fixture.newName(), { handler })];
    for (const job of jobs)
      await fixture.queue.enqueue(
        job,
        Array.from({ length: 30 }, (_, at) => at),
      );
    await fixture.work(jobs, { workers: 3 }).idle();
    expect(most).toBe(3);
    expect(await Promise.all(jobs.map((job) => fixture.queue.counts(job)))).toMatchObject([
      { done: 30 },
      { done: 30 },
    ]);
  });

  it("runs higher priorities first, and delayed jobs later", async () => {
    const order: string[] = [];
    const job = defineJob(fixture.newName(), { handler: (name: string) => void order.push(name) });
    await fixture.queue.enqueue(job, ["low"]);
    await fixture.queue.enqueue(job, ["high"], { priority: 5 });
    await fixture.queue.enqueue(job, ["next year"], { delay: 31_536_000_000 });
    fixture.work(job, { workers: 1 });
    await vi.waitFor(() => expect(order).toEqual(["high", "low"]));
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 1 });
  });

  it("runs a batch by priority, and within one priority in the order of enqueueing", async () => {
    const order: number[] = [];
    const job = defineJob(fixture.newName(), { handler: (n: number) => void order.push(n) });
    for (const priority of [0, 10, 5, 7, 1]) await fixture.queue.enqueue(job, [priority], { priority });
    await fixture.work(job, { workers: 1 }).idle();
    expect(order).toEqual([10, 7, 5, 1, 0]);

    order.length = 0;
    const low = Array.from({ length: 200 }, (_, n) => n);
    const high = Array.from({ length: 10 }, (_, n) => 1_000 + n);
    await fixture.workers.pop()!.aclose();
    await fixture.queue.enqueue(job, low, { key: String });
    await fixture.queue.enqueue(job, high, { priority: 1 });
    await fixture.work(job, { workers: 1 }).idle();
    expect(order).toEqual([...high, ...low]);
  });

  it("starts more urgent jobs before jobs claimed ahead", async () => {
    const order: string[] = [];
    const { open, pass, reached } = gate();
    const job = defineJob(fixture.newName(), {
      handler: async (name: string) => {
        order.push(name);
        if (name === "gate") await pass();
      },
    });
    // Short ones first, so that many are claimed ahead.
    const low = Array.from({ length: 100 }, (_, n) => `low ${n}`);
    await fixture.queue.enqueue(job, low.toSpliced(50, 0, "gate"));
    // Batches count as fast, however busy the machine is.
    vi.spyOn(performance, "now").mockReturnValue(0);
    fixture.work(job, { workers: 1, pollInterval: 3_600_000 });
    await reached;
    expect((await fixture.queue.counts(job)).running).toBeGreaterThan(10);
    await fixture.queue.enqueue(job, ["high 0", "high 1"], { priority: 1 });
    await fixture.queue.enqueue(job, ["higher"], { priority: 2 });
    open();
    await fixture.workers[0]!.idle();
    expect(order).toEqual(low.toSpliced(50, 0, "gate", "higher", "high 0", "high 1"));
  });

  it("chooses the job to start at the time a slot is free", async () => {
    const order: string[] = [];
    const { open, pass, reached } = gate();
    const door = new Semaphore(1);
    const job = defineJob(fixture.newName(), {
      handler: async (name: string) => {
        order.push(name);
        if (name === "gate") await pass();
      },
    });
    await fixture.queue.enqueue(job, ["gate", "low"]);
    fixture.work(job, { workers: door });
    await reached; // and "low" is next
    await fixture.queue.enqueue(job, ["high"], { priority: 1 });
    open();
    await fixture.workers[0]!.idle();
    expect(order).toEqual(["gate", "high", "low"]);
  });

  it("always starts the most urgent job available, whatever arrives meanwhile", async () => {
    const group = fc.record({
      priority: fc.integer({ min: -2, max: 2 }),
      count: fc.integer({ min: 1, max: 4 }),
      /** When it arrives: after so many jobs have started. */
      after: fc.nat({ max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 8 }), async (groups) => {
        const begun: string[] = [];
        /** Jobs that have arrived and not started, in order of arrival. */
        const there: { readonly name: string; readonly priority: number }[] = [];
        const mistakes: string[] = [];
        const left = new Set(groups);
        const enqueueDue = async (): Promise<void> => {
          const due = [...left].filter(({ after }) => after <= begun.length);
          for (const each of due) {
            left.delete(each);
            const { priority, count } = each;
            const at = groups.indexOf(each);
            const payloads = Array.from({ length: count }, (_, n) => `${at}.${n}`);
            await fixture.queue.enqueue(job, payloads, { priority });
            there.push(...payloads.map((name) => ({ name, priority })));
          }
        };
        const job = defineJob(fixture.newName(), {
          handler: async (name: string) => {
            const best = there.toSorted((a, b) => b.priority - a.priority)[0];
            if (best?.name !== name) mistakes.push(`${name} began, where ${best?.name} should have`);
            there.splice(
              there.findIndex((each) => each.name === name),
              1,
            );
            begun.push(name);
            await enqueueDue();
          },
        });
        await enqueueDue();
        const worker = fixture.work(job, { workers: 1 });
        await worker.idle();
        await worker.aclose();
        expect(mistakes).toEqual([]);
        expect(there).toEqual([]);
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});
