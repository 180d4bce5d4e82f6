import { afterAll, afterEach, beforeAll, describe, vi } from "vitest";
import { hasPostgres, startPostgres, type TestPostgres } from "../../../../tests/postgres.ts";
import {
  createJobQueue,
  type FinishedJob,
  type JobDefinition,
  type JobQueue,
  type JobWorker,
} from "../index.ts";

export const soon = { pollInterval: 5 };

/** A queue on one kind of database, with helpers for tests. */
export interface QueueFixture {
  readonly kind: string;
  readonly queue: JobQueue;
  /** The workers of the test that are not closed yet. */
  readonly workers: JobWorker[];
  /** Each test has its own kind of job. */
  newName(): string;
  /** On PostgreSQL, a queue like one of another process; the embedded database has only one. */
  another(): Promise<JobQueue>;
  /** A worker that is closed after the test. */
  work(...args: Parameters<JobQueue["work"]>): JobWorker;
  /** The results of jobs that a worker completes. */
  finish<P, R>(job: JobDefinition<P, R>, payloads: readonly P[]): Promise<FinishedJob<P, R>[]>;
}

/** Runs tests on an embedded queue, and on PostgreSQL where it is installed. */
export function describeEachQueue(title: string, tests: (fixture: QueueFixture) => void): void {
  const postgresIsThere = hasPostgres("jobs on PostgreSQL");
  describe.each(["embedded", ...(postgresIsThere ? ["PostgreSQL"] : [])])(`${title} (%s)`, (kind) => {
    let postgres: TestPostgres | undefined;
    let queue: JobQueue;
    const workers: JobWorker[] = [];
    const others: JobQueue[] = [];
    let names = 0;

    beforeAll(async () => {
      if (kind !== "embedded") postgres = await startPostgres();
      queue = await createJobQueue(postgres === undefined ? {} : { connectionString: postgres.url });
    }, 60_000);

    afterEach(async () => {
      vi.restoreAllMocks();
      await Promise.all(workers.splice(0).map((worker) => worker.aclose()));
    });

    afterAll(async () => {
      await Promise.all([queue, ...others].map((each) => each.aclose()));
      await postgres?.close();
    });

    const fixture: QueueFixture = {
      kind,
      workers,
      get queue() {
        return queue;
      },
      newName: () => `job-${++names}`,
      async another() {
        if (postgres === undefined) return queue;
        const other = await createJobQueue({ connectionString: postgres.url });
        others.push(other);
        return other;
      },
      work(jobs, options) {
        const worker = queue.work(jobs, { ...soon, ...options });
        workers.push(worker);
        return worker;
      },
      async finish(job, payloads) {
        await queue.enqueue(job, payloads);
        fixture.work(job);
        return all(queue.results(job, soon));
      },
    };
    tests(fixture);
  });
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(items);
}

/** A gate at which jobs wait until it is opened. */
export function gate(): {
  open(): void;
  readonly opened: Promise<void>;
  readonly reached: Promise<void>;
  pass(): Promise<void>;
} {
  const opening = Promise.withResolvers<void>();
  const arrival = Promise.withResolvers<void>();
  return {
    open: () => opening.resolve(),
    opened: opening.promise,
    reached: arrival.promise,
    pass() {
      arrival.resolve();
      return opening.promise;
    },
  };
}
