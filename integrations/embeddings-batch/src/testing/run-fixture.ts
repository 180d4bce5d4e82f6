import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobQueue, type JobQueue } from "@llx/jobs-pgboss";
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from "vitest";
import { type BatchRun, embedBatchJob, type EmbedBatchJobOptions, type RunResult } from "../index.ts";
import { type FakeBatchService, vectorOf } from "./fake-batch-service.ts";

/** What tests of runs share: a queue in memory, and a directory for each test. */
export interface RunFixture {
  readonly queue: JobQueue;
  readonly folder: string;
  readonly directory: string;
  /** Starts a run that is closed after the test. */
  start(
    texts: Iterable<string> | AsyncIterable<string>,
    service: FakeBatchService,
    options?: Partial<EmbedBatchJobOptions>,
  ): Promise<BatchRun>;
}

/** For the file of tests that calls it. */
export function runFixture(): RunFixture {
  let queue: JobQueue;
  let folder: string;
  const runs: BatchRun[] = [];

  vi.setConfig({ testTimeout: 30_000 });

  beforeAll(async () => {
    queue = await createJobQueue();
  }, 60_000);

  afterAll(() => queue.aclose());

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "llx-run-"));
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await Promise.all(runs.splice(0).map((run) => run.aclose()));
    rmSync(folder, { recursive: true });
  });

  return {
    get queue() {
      return queue;
    },
    get folder() {
      return folder;
    },
    get directory() {
      return join(folder, "run");
    },
    async start(texts, service, options = {}) {
      const run = await embedBatchJob(texts, {
        service,
        queue,
        directory: join(folder, "run"),
        pauses: { first: 1, longest: 2 },
        ...options,
      });
      runs.push(run);
      return run;
    },
  };
}

/** Results by index, as text: the text, and its error. Each vector has to be that of its text. */
export async function read(results: AsyncIterable<RunResult>): Promise<string[]> {
  const rows: string[] = [];
  for await (const { index, text, embedding, error } of results) {
    expect(rows[index], `index ${index} twice`).toBeUndefined();
    if (embedding !== undefined) expect(embedding).toEqual(vectorOf(text));
    rows[index] = error === undefined ? text : `${text}: ${error.message}`;
  }
  return rows;
}
