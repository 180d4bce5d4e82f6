import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hasPostgres, startPostgres, type TestPostgres } from "../../../tests/postgres.ts";
import { createJobQueue, defineJob } from "./index.ts";
import { describeEachQueue } from "./testing/each-queue.ts";

describeEachQueue("a schedule", (fixture) => {
  it("is stored, replaced and removed by its name", async () => {
    const job = defineJob(fixture.newName(), { tenant: (at: string) => at, handler: () => {} });
    const { queue } = fixture;
    await queue.schedule(job, "0 3 * * *", "night");
    await queue.schedule(job, "0 4 * * *", "night");
    await queue.schedule(job, "0 12 * * 1", "week", { name: "weekly", timezone: "Europe/Berlin" });
    expect((await queue.schedules(job)).toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "", cron: "0 4 * * *", timezone: "UTC", payload: "night" },
      { name: "weekly", cron: "0 12 * * 1", timezone: "Europe/Berlin", payload: "week" },
    ]);
    await queue.unschedule(job);
    await queue.unschedule(job);
    expect(await queue.schedules(job)).toHaveLength(1);
    await queue.unschedule(job, "weekly");
    expect(await queue.schedules(job)).toEqual([]);
  });

  it.each([
    ["* * *  * * * *", {}, RangeError, "is no schedule"],
    ["61 * * * *", {}, RangeError, '"61 * * * *" in UTC is no schedule'],
    ["", {}, RangeError, "is no schedule"],
    [5, {}, TypeError, "cron must be a string, not"],
    ["0 3 * * *", { timezone: "Europe/Berlinn" }, RangeError, "in Europe/Berlinn is no schedule"],
    ["0 3 * * *", { name: "a b" }, RangeError, 'not "a b"'],
    ["0 3 * * *", { tz: "UTC" }, TypeError, "there is no option tz; use timezone"],
    ["0 3 * * *", { priority: 1.5 }, RangeError, "priority must be a whole number"],
    ["0 3 * * *", { catchUp: "yes" }, TypeError, "catchUp must be a boolean"],
  ])("is refused where it is invalid: %j with %j", async (cron, options: object, type, message) => {
    const job = defineJob(fixture.newName(), { handler: (_text: string) => {} });
    const schedule = fixture.queue.schedule(job, cron as string, "a", options);
    await expect(schedule).rejects.toThrow(type);
    await expect(schedule).rejects.toThrow(message);
    expect(await fixture.queue.schedules(job)).toEqual([]);
  });
});

describe.runIf(hasPostgres("schedules on PostgreSQL"))("a schedule that is due", () => {
  let postgres: TestPostgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);

  afterAll(() => postgres.close());

  it("enqueues one job, which runs as others do", { timeout: 30_000 }, async () => {
    const place = { connectionString: postgres.url };
    const job = defineJob("tick", {
      tenant: ({ at }: { at: string }) => at,
      handler: ({ at }) => `at ${at}`,
    });
    const first = await createJobQueue(place);
    await first.schedule(job, "* * * * *", { at: "noon" }, { priority: 3 });
    await first.aclose();
    // As if no process had looked at the schedules for a while.
    const client = new Client(postgres.url);
    await client.connect();
    await client.query("UPDATE llx_jobs.version SET cron_on = NULL");
    await client.end();
    const queue = await createJobQueue(place);
    const worker = queue.work(job, { pollInterval: 5 });
    // pg-boss passes on what is due within 5 seconds.
    await vi.waitFor(async () => expect((await queue.counts(job)).done).toBeGreaterThanOrEqual(1), {
      timeout: 25_000,
      interval: 100,
    });
    const [done] = await Array.fromAsync(queue.results(job));
    expect(done).toMatchObject({
      status: "done",
      tenant: "noon",
      payload: { at: "noon" },
      result: "at noon",
    });
    await worker.aclose();
    await queue.aclose();
  });
});
