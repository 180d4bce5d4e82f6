import { expect, it } from "vitest";
import { z } from "zod";
import { defineJob } from "./index.ts";
import { all, describeEachQueue, gate, soon } from "./testing/each-queue.ts";

interface Payload {
  readonly tenant: string;
  readonly n: number;
}

const jobsOf = (tenant: string, count: number): Payload[] =>
  Array.from({ length: count }, (_, n) => ({ tenant, n }));

describeEachQueue("tenants", (fixture) => {
  it("take turns, and each has its own order", async () => {
    const order: string[] = [];
    const job = defineJob(fixture.newName(), {
      tenant: ({ tenant }: Payload) => tenant,
      handler: ({ tenant, n }) => void order.push(`${tenant}${n}`),
    });
    await fixture.queue.enqueue(job, jobsOf("a", 5));
    await fixture.queue.enqueue(job, jobsOf("b", 2));
    await fixture.queue.enqueue(job, jobsOf("c", 3));
    await fixture.queue.enqueue(job, [{ tenant: "a", n: 9 }], { priority: 1 });
    await fixture.work(job, { workers: 1 }).idle();
    expect(order.toSorted()).toEqual(["a0", "a1", "a2", "a3", "a4", "a9", "b0", "b1", "c0", "c1", "c2"]);
    expect(order.filter((each) => each.startsWith("a"))).toEqual(["a9", "a0", "a1", "a2", "a3", "a4"]);
    // The three of c are among the first nine: three turns of three tenants.
    expect(order.indexOf("b1")).toBeLessThan(9);
    expect(order.indexOf("c2")).toBeLessThan(9);
  });

  it("with few jobs do not wait for one with many, even if it came first", { timeout: 60_000 }, async () => {
    const order: string[] = [];
    const { open, pass, reached } = gate();
    const job = defineJob(fixture.newName(), {
      tenant: ({ tenant }: Payload) => tenant,
      async handler({ tenant, n }) {
        if (n === 100) await pass();
        order.push(tenant);
      },
    });
    await fixture.queue.enqueue(job, jobsOf("big", 500));
    const worker = fixture.work(job, { workers: 1 });
    await reached;
    await fixture.queue.enqueue(job, [...jobsOf("x", 10), ...jobsOf("y", 10)]);
    open();
    await worker.idle();
    const before = order.slice(100, order.lastIndexOf("y") + 1).filter((tenant) => tenant === "big");
    // Ten turns, and what was claimed ahead: at most 8 for each worker.
    expect(before.length).toBeLessThanOrEqual(10 + 8);
  });

  it("are as many as there are customers: all get their turn", { timeout: 60_000 }, async () => {
    const done = new Set<string>();
    const job = defineJob(fixture.newName(), {
      tenant: ({ tenant }: Payload) => tenant,
      concurrency: 1,
      tenantConcurrency: 1,
      handler: ({ tenant }) => void done.add(tenant),
    });
    const tenants = Array.from({ length: 30 }, (_, n) => `tenant ${n} '"\\ ä 𝄞`);
    await fixture.queue.enqueue(
      job,
      [1, 2, 3].flatMap((n) => tenants.map((tenant) => ({ tenant, n }))),
    );
    const order: string[] = [];
    fixture.work(job);
    for await (const { tenant } of fixture.queue.results(job, soon)) order.push(tenant!);
    expect(done.size).toBe(30);
    for (const at of [0, 30, 60]) expect(new Set(order.slice(at, at + 30)).size).toBe(30);
  });

  it("may be given to a kind that has waiting jobs: these belong to one more tenant", async () => {
    const name = fixture.newName();
    await fixture.queue.enqueue(defineJob(name, { handler: () => {} }), jobsOf("a", 3));
    const job = defineJob(name, { tenant: ({ tenant }: Payload) => tenant, handler: () => {} });
    await fixture.queue.enqueue(job, jobsOf("a", 2));
    await fixture.work(job).idle();
    const results = await all(fixture.queue.results(job, soon));
    expect(results.map(({ tenant }) => tenant).filter((tenant) => tenant === "a")).toHaveLength(2);
    expect(results).toHaveLength(5);
  });

  it("are counted, and their failed jobs listed and sent again, one by one", async () => {
    let fails = true;
    const job = defineJob(fixture.newName(), {
      tenant: ({ tenant }: Payload) => tenant,
      retry: { attempts: 1 },
      handler() {
        if (fails) throw new Error("not now");
      },
    });
    await fixture.queue.enqueue(job, [...jobsOf("a", 3), ...jobsOf("b", 2)]);
    const worker = fixture.work(job);
    await worker.idle();
    expect(await fixture.queue.counts(job, { tenant: "a" })).toMatchObject({ failed: 3 });
    const letters = await all(fixture.queue.deadLetters(job, { tenant: "b" }));
    expect(letters.map(({ tenant, payload }) => `${tenant}${payload.n}`).toSorted()).toEqual(["b0", "b1"]);
    fails = false;
    expect(await fixture.queue.redrive(job, { tenant: "a" })).toBe(3);
    await worker.idle();
    expect(await fixture.queue.counts(job)).toMatchObject({ done: 3, failed: 2 });
    expect(await fixture.queue.counts(job, { tenant: "b" })).toMatchObject({ done: 0, failed: 2 });
  });

  it("are refused before anything is stored, where they are no name", async () => {
    const job = defineJob(fixture.newName(), {
      schema: z.object({ tenant: z.string(), n: z.coerce.number() }),
      tenant: ({ tenant }) => tenant,
      handler: () => {},
    });
    const enqueue = (tenant: unknown): Promise<unknown> =>
      fixture.queue.enqueue(job, [
        { tenant: "a", n: 1 },
        { tenant: tenant as string, n: 2 },
      ]);
    await expect(enqueue("")).rejects.toThrow(
      `the tenant of payload 1 of job ${job.name} must have 1 to 200 characters, not 0`,
    );
    await expect(enqueue("x".repeat(201))).rejects.toThrow(RangeError);
    expect(await fixture.queue.counts(job)).toMatchObject({ waiting: 0 });
  });
});
