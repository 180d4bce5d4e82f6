import { expect, it, vi } from "vitest";
import { defineJob } from "./index.ts";
import { describeEachQueue, gate } from "./testing/each-queue.ts";

describeEachQueue("a paused kind of job", (fixture) => {
  it("starts nowhere until it is resumed, and shows that it is paused", async () => {
    const done: number[] = [];
    const job = defineJob(fixture.newName(), { handler: (n: number) => void done.push(n) });
    const free = defineJob(fixture.newName(), { handler: () => {} });
    const other = await fixture.another();
    await fixture.queue.pause(job);
    await fixture.queue.pause(job);
    await other.enqueue(job, [1, 2]);
    await other.enqueue(free, [1]);
    const worker = other.work([job, free], { pollInterval: 5 });
    fixture.workers.push(worker);
    await vi.waitFor(async () => expect(await other.counts(free)).toMatchObject({ done: 1, paused: false }));
    expect(await other.counts(job)).toEqual({ waiting: 2, running: 0, done: 0, failed: 0, paused: true });
    await fixture.queue.resume(job);
    await fixture.queue.resume(job);
    await worker.idle();
    expect(done).toEqual([1, 2]);
    expect(await fixture.queue.counts(job)).toMatchObject({ done: 2, paused: false });
  });

  it.each([{}, { tenant: String }, { concurrency: 2 }])(
    "finishes what runs and starts nothing else, with %o",
    async (settings) => {
      const { open, pass } = gate();
      let started = 0;
      const handler = (n: number): Promise<void> => {
        started += n;
        return pass();
      };
      const job = defineJob(fixture.newName(), { ...settings, handler });
      await fixture.queue.enqueue(
        job,
        Array.from({ length: 20 }, () => 1),
      );
      fixture.work(job, { workers: 2 });
      await vi.waitFor(() => expect(started).toBe(2));
      await fixture.queue.pause(job);
      open();
      await vi.waitFor(async () =>
        expect(await fixture.queue.counts(job)).toMatchObject({ done: 2, waiting: 18, running: 0 }),
      );
      await fixture.queue.resume(job);
      await vi.waitFor(async () => expect(await fixture.queue.counts(job)).toMatchObject({ done: 20 }));
    },
  );
});
