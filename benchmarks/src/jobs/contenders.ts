import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { createJobQueue, defineJob, type JobDefinition, type JobWorker } from "@llx/jobs-pgboss";
import { fromPglite, PgBoss } from "pg-boss";
import { PGlite } from "@electric-sql/pglite";

/** The task of both: jobs with keys, a heartbeat and stored results. */
export interface Contender {
  /** Registers a kind of job. */
  prepare(name: string): Promise<void>;
  enqueue(name: string, count: number): Promise<void>;
  /** Starts a worker, and returns a function that stops it. */
  work(name: string): Promise<() => Promise<void>>;
  /** Resolves when no job is left, here or in worker processes. */
  finished(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Jobs at once per process. */
const workers = 4;
/** Milliseconds between checks for remaining jobs. */
const pollInterval = 20;

interface Payload {
  readonly n: number;
}

const handler = async ({ n }: Payload): Promise<{ square: number }> => ({ square: n * n });
const payloads = (count: number): Payload[] => Array.from({ length: count }, (_, n) => ({ n }));

/** The package. Without a URL, embedded. */
export async function openPackage(connectionString: string | undefined): Promise<Contender> {
  const queue = await createJobQueue(connectionString === undefined ? {} : { connectionString });
  const jobs = new Map<string, JobDefinition<Payload, unknown>>();
  let worker: JobWorker | undefined;
  return {
    async prepare(name) {
      const job = defineJob(name, { handler });
      jobs.set(name, job);
      await queue.counts(job);
    },
    async enqueue(name, count) {
      const job = jobs.get(name)!;
      const { created } = await queue.enqueue(job, payloads(count), { key: ({ n }) => `key ${n}` });
      if (created !== count) throw new Error(`${created} jobs of ${count} were created`);
    },
    async work(name) {
      worker = queue.work(jobs.get(name)!, { workers });
      return () => worker!.aclose();
    },
    async finished(name) {
      if (worker !== undefined) await worker.idle();
      const job = jobs.get(name)!;
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- look, wait, look again
        const { waiting, running, failed } = await queue.counts(job);
        if (failed > 0) throw new Error(`${failed} jobs failed`);
        if (waiting + running === 0) return;
        // oxlint-disable-next-line no-await-in-loop
        await sleep(pollInterval);
      }
    },
    close: () => queue.aclose(),
  };
}

/** pg-boss as its documents recommend for many small jobs. Without a URL, embedded. */
export async function openRaw(connectionString: string | undefined): Promise<Contender> {
  const pglite = connectionString === undefined ? await PGlite.create() : undefined;
  const boss = new PgBoss({
    ...(pglite && { db: fromPglite(pglite), backend: "pglite" as const }),
    ...(connectionString !== undefined && { connectionString, max: 4 }),
    schedule: false,
    registerInstance: false,
    superviseIntervalSeconds: 1,
    monitorIntervalSeconds: 1,
  });
  boss.on("error", console.error);
  await boss.start();
  if (pglite === undefined) {
    // With statistics that know other jobs and not these, the fetch of pg-boss takes a hundred times as long: in some
    // rounds, and not in others. (The package asks it to look in another way.)
    await boss.getDb().executeSql("ALTER SYSTEM SET autovacuum = off");
    await boss.getDb().executeSql("SELECT pg_reload_conf()");
  }
  return {
    async prepare(name) {
      await boss.createQueue(name, {
        heartbeatSeconds: 10,
        retryLimit: 2,
        retryDelay: 1,
        retryBackoff: true,
      });
    },
    async enqueue(name, count) {
      const jobs = payloads(count).map((data) => ({ id: idOf(name, `key ${data.n}`), data }));
      let created = 0;
      for (let at = 0; at < count; at += 1_000) {
        // oxlint-disable-next-line no-await-in-loop -- as the package does
        const ids = await boss.insert(name, jobs.slice(at, at + 1_000), { returnId: true });
        created += ids?.length ?? 0;
      }
      if (created !== count) throw new Error(`${created} jobs of ${count} were created`);
    },
    async work(name) {
      await boss.work<Payload>(
        name,
        {
          batchSize: 512,
          localConcurrency: 1,
          perJobResults: true,
          pollingIntervalSeconds: 0.5,
          burstWhenBatchFull: true,
        },
        (jobs) =>
          Promise.all(
            jobs.map(async ({ id, data }) => ({
              id,
              status: "completed" as const,
              output: await handler(data),
            })),
          ),
      );
      return () => boss.offWork(name);
    },
    async finished(name) {
      for (;;) {
        // oxlint-disable-next-line no-await-in-loop -- look, wait, look again
        const { rows } = await boss.getDb().executeSql(
          `SELECT count(*) FILTER (WHERE state < 'completed')::int AS left,
             count(*) FILTER (WHERE state = 'failed')::int AS failed
           FROM pgboss.job WHERE name = $1`,
          [name],
        );
        const { left, failed } = rows[0] as { left: number; failed: number };
        if (failed > 0) throw new Error(`${failed} jobs failed`);
        if (left === 0) return;
        // oxlint-disable-next-line no-await-in-loop
        await sleep(pollInterval);
      }
    },
    async close() {
      await boss.stop({ graceful: false });
      await pglite?.close();
    },
  };
}

function idOf(name: string, key: string): string {
  const hex = createHash("sha256").update(`${name}\0${key}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
