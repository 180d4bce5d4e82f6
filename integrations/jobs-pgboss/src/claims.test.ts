import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Client } from "pg";
import { hasPostgres, startPostgres, type TestPostgres } from "../../../tests/postgres.ts";
import { type Claim, Claims } from "./claims.ts";
import { defineJob, type JobDefinition } from "./define-job.ts";
import { Watermark } from "./watermark.ts";
import { createJobQueue, type JobQueue } from "./index.ts";
import { type OpenDatabase, openDatabase } from "./open-database.ts";

describe.runIf(hasPostgres("claims that are lost, on PostgreSQL"))("claims on PostgreSQL", () => {
  let postgres: TestPostgres;
  let database: OpenDatabase;
  let queue: JobQueue;
  let client: Client;
  let names = 0;

  beforeAll(async () => {
    postgres = await startPostgres();
    queue = await createJobQueue({ connectionString: postgres.url });
    const place = { connectionString: postgres.url, schema: "llx_jobs", connections: 2 };
    database = await openDatabase(place, (error) => {
      throw error;
    });
    client = new Client(postgres.url);
    await client.connect();
  }, 60_000);

  afterAll(async () => {
    await client.end();
    await Promise.all([queue.aclose(), database.close()]);
    await postgres.close();
  });

  async function enqueued(
    attempts: number,
  ): Promise<{ job: JobDefinition<string, unknown>; claims: Claims }> {
    const job = defineJob(`claimed-${++names}`, { handler: (text: string) => text, retry: { attempts } });
    await queue.enqueue(job, ["a"]);
    return { job, claims: new Claims(database, "llx_jobs", job) };
  }

  /** Simulates that the job's process has sent no heartbeat for so long. */
  async function silence(seconds: number): Promise<void> {
    await client.query(
      `UPDATE llx_jobs.job SET heartbeat_on = now() - $1 * interval '1 second' WHERE state = 'active'`,
      [seconds],
    );
  }

  it("of a process without heartbeats go to others, and its late outcomes change nothing", async () => {
    const { job, claims } = await enqueued(2);
    const [first] = await claims.take(5);
    expect(first).toMatchObject({ retryCount: 0, job: ["a", null, null] });
    expect(await claims.take(5)).toEqual([]);
    await silence(9);
    await claims.requeueLost();
    expect(await claims.take(5)).toEqual([]); // not silent long enough
    await silence(11);
    await claims.requeueLost();
    expect(await claims.renew([first!])).toEqual([]);
    const [second] = await claims.take(5);
    expect(second).toMatchObject({ id: first!.id, retryCount: 1 });
    expect(await claims.renew([first!])).toEqual([]);
    expect(await claims.renew([second!])).toEqual([second!.id]);
    const error = { name: "Error", message: "late" };
    expect(await claims.settle([{ claim: first!, output: '{"value":"late"}' }])).toEqual(new Set());
    expect(await claims.settle([{ claim: first!, error, final: true }])).toEqual(new Set());
    await claims.handBack([first!]);
    expect(await queue.counts(job)).toMatchObject({ running: 1, done: 0 });
    expect(await claims.settle([{ claim: second!, output: '{"value":"in time"}' }])).toEqual(
      new Set([second!.id]),
    );
    expect(await Array.fromAsync(queue.results(job))).toMatchObject([{ result: "in time", attempts: 2 }]);
  });

  it("have 10 seconds for their next heartbeat when the database's clock was set back by hours", async () => {
    const { claims } = await enqueued(2);
    const held = await claims.take(5);
    await silence(-6 * 3_600); // a heartbeat of the time before
    await claims.requeueLost();
    const { rows } = await client.query(
      `SELECT max(heartbeat_on) <= now() AS past FROM llx_jobs.job WHERE state = 'active'`,
    );
    expect(rows).toEqual([{ past: true }]);
    expect(await claims.take(5)).toEqual([]);
    expect(await claims.renew(held)).toEqual([held[0]!.id]);
  });

  it("are of the most urgent jobs, in their order, and may be limited to those above a priority", async () => {
    const { job, claims } = await enqueued(1);
    for (const priority of [10, 5, -7, 5, 1])
      await queue.enqueue(job, [`${priority}`, `${priority} too`], { priority });
    const payloadsOf = (taken: readonly Claim[]): unknown[] => taken.map(({ job: [payload] }) => payload);
    expect(payloadsOf(await claims.take(5))).toEqual(["10", "10 too", "5", "5 too", "5"]);
    expect(payloadsOf(await claims.take(5, 1))).toEqual(["5 too"]);
    expect(payloadsOf(await claims.take(5, 2_147_483_647))).toEqual([]);
    expect(payloadsOf(await claims.take(9))).toEqual(["1", "1 too", "a", "-7", "-7 too"]);
  });

  it("are of the jobs of one call in their order, whatever their history", async () => {
    const job = defineJob(`claimed-${++names}`, { handler: (n: number) => n, retry: { attempts: 2 } });
    const claims = new Claims(database, "llx_jobs", job);
    const payloads = Array.from({ length: 5 }, (_, n) => n);
    await queue.enqueue(job, payloads);
    const inOrder = async (): Promise<Claim[]> => {
      const taken: Claim[] = [];
      // One by one, because PostgreSQL decides which jobs are returned, and take() their order.
      // oxlint-disable-next-line no-await-in-loop
      for (const _ of payloads) taken.push(...(await claims.take(1)));
      expect(taken.map(({ job: [payload] }) => payload)).toEqual(payloads);
      return taken;
    };
    const taken = await inOrder();
    // In the table, and so in an index, the first jobs are now the last.
    for (const claim of taken.slice(0, 3).toReversed()) {
      // oxlint-disable-next-line no-await-in-loop
      await claims.handBack([claim]);
    }
    await claims.handBack(taken.slice(3));
    await inOrder();
    await silence(11);
    await claims.requeueLost();
    const error = { name: "Error", message: "no" };
    const late = await inOrder();
    await claims.settle(late.map((claim) => ({ claim, error, final: true })));
    await queue.redrive(job);
    await inOrder();
  });

  it("are of the jobs of one call in their order, although they are stored in batches of a thousand", async () => {
    const job = defineJob(`claimed-${++names}`, { handler: (n: number) => n });
    const claims = new Claims(database, "llx_jobs", job);
    const payloads = Array.from({ length: 10_000 }, (_, n) => n);
    await queue.enqueue(job, payloads, { key: String });
    const taken = [...(await claims.take(4_500)), ...(await claims.take(10_000))];
    expect(taken.map(({ job: [payload] }) => payload)).toEqual(payloads);
  });

  it("are of jobs with a delay in their order, and of none too early", async () => {
    const job = defineJob(`claimed-${++names}`, { handler: (n: number) => n });
    const claims = new Claims(database, "llx_jobs", job);
    await queue.enqueue(job, [0, 1, 2], { delay: 3_600_000 });
    expect(await claims.take(1)).toEqual([]);
    const { rows } = await client.query<{ delays: number[] }>(
      `SELECT array_agg((extract(epoch FROM start_after - created_on) * 1000000)::int8::float8 ORDER BY data -> 0) AS delays
       FROM llx_jobs.job WHERE name = $1`,
      [job.name],
    );
    expect(rows[0]!.delays).toEqual([3_600_000_000, 3_600_000_001, 3_600_000_002]);
  });

  it("without attempts left are failed jobs", async () => {
    const { job, claims } = await enqueued(1);
    await claims.take(1);
    await silence(11);
    await claims.requeueLost();
    expect(await Array.fromAsync(queue.deadLetters(job))).toMatchObject([
      { payload: "a", attempts: 1, error: { name: "JobLostError" } },
    ]);
  });

  it("that are handed back are taken at once, as the same attempt", async () => {
    const { claims } = await enqueued(1);
    const taken = await claims.take(1);
    await claims.handBack(taken);
    expect(await claims.take(1)).toEqual(taken);
  });

  it("are read up to a watermark behind which no open transaction can write", async () => {
    const { job, claims } = await enqueued(1);
    const [claim] = await claims.take(1);
    const watermark = new Watermark(database);
    await client.query("BEGIN");
    const { rows } = await client.query<{ finished: string }>(
      `UPDATE llx_jobs.job SET state = 'completed', completed_on = now(), output = '{}'
       WHERE id = $1 RETURNING completed_on::text AS finished`,
      [claim!.id],
    );
    const { finished } = rows[0]!;
    const isBehind = async (): Promise<boolean> => {
      const { rows: answers } = await client.query<{ behind: boolean }>(
        "SELECT $1::timestamptz > $2::timestamptz AS behind",
        [await watermark.next(), finished],
      );
      return answers[0]!.behind;
    };
    // Looked at for longer than the second by which the watermark is set back: as long as the clock of the database says.
    for (let late = false; !late;) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await isBehind()).toBe(false);
      // oxlint-disable-next-line no-await-in-loop
      const { rows: clock } = await client.query<{ late: boolean }>(
        "SELECT clock_timestamp() > $1::timestamptz + interval '1.5 seconds' AS late",
        [finished],
      );
      late = clock[0]!.late;
    }
    await client.query("COMMIT");
    await vi.waitFor(async () => expect(await isBehind()).toBe(true), { timeout: 30_000 });
    expect(await queue.counts(job)).toMatchObject({ done: 1 });
  });
});
