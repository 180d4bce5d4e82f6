import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FSWatcher, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { embedBatchJob } from "../../integrations/embeddings-batch/dist/index.js";
import { FakeBatchService } from "../../integrations/embeddings-batch/src/testing/fake-batch-service.ts";
import { createJobQueue, defineJob } from "../../integrations/jobs-pgboss/dist/index.js";
import { canMount, SmallDisk } from "../small-disk.ts";

const node = resolve("node_modules/.bin/node");
const source = resolve("examples/ingestion/src");
const documents = 40;
const passages = 60;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-full-disk-"));
  for (let document = 0; document < documents; document++) {
    const texts = Array.from(
      { length: passages },
      (_, at) => `# Passage ${at}\n\n${`of document ${document} `.repeat(30)}\n`,
    );
    writeFileSync(join(folder, `${document}.md`), texts.join("\n"));
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param onLine is called with the number of lines that the process has printed */
async function run(child: ChildProcess, onLine: (lines: number) => void = () => {}): Promise<Ended> {
  const printed = { stdout: "", stderr: "" };
  let lines = 0;
  for (const name of ["stdout", "stderr"] as const) {
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      printed[name] += text;
      for (const _ of text.matchAll(/\n/g)) onLine(++lines);
    });
  }
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, signal, ...printed };
}

const ingest = (store: string): ChildProcess =>
  spawn(node, [join(source, "main.ts"), "--folder", folder, "--provider", "fake", "--store", store]);

const endless = (store: string): ChildProcess =>
  spawn(node, [resolve("tests/long/fixtures/endless-statement.ts"), store]);

/**
 * How long a process may take to end, in milliseconds, once the disk is full or it is told to stop. It takes 5 seconds
 * where nothing else runs; without the guard, it never ended.
 */
const limit = 20_000;

describe.skipIf(!canMount())("an ingestion whose disk is full", () => {
  it.each([0, 3, 9, 27])(
    "ends with one line after %i more writes, and completes when there is room",
    async (writes) => {
      using disk = new SmallDisk(220);
      const store = join(disk.path, "store");
      let filled = 0;
      let left = writes;
      let log: FSWatcher | undefined;
      const fill = (): void => {
        if (filled > 0) return;
        disk.fill();
        filled = performance.now();
      };
      // The first line says that the database is open.
      const ended = await run(ingest(store), () => {
        if (writes === 0) fill();
        log ??= watch(join(store, "data", "pg_wal"), () => --left < 0 && fill());
      });
      log?.close();
      expect(ended).toMatchObject({ code: 1, signal: null });
      expect(ended.stderr.match(/^ingestion: .*$/gm)).toEqual([
        expect.stringMatching(/^ingestion: the disk of .* is full: \d+ MB are free/),
      ]);
      expect(performance.now() - filled).toBeLessThan(limit);

      disk.free();
      const completed = await run(ingest(store));
      expect(completed).toMatchObject({ code: 0, stderr: expect.not.stringContaining("ingestion:") });
      expect(completed.stdout).toContain(`${documents} documents (`);
      expect(completed.stdout).toContain(`${documents * passages} passages`);
    },
  );

  it("reports before it creates a store that there is no room for one", async () => {
    using disk = new SmallDisk(60);
    const store = join(disk.path, "store");
    const { code, stderr } = await run(ingest(store));
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^ingestion: the disk of .* is full: 6\d MB are free.* needs 100 MB/),
    });
  });

  it("ends a statement that can no longer finish", async () => {
    using disk = new SmallDisk(220);
    const store = join(disk.path, "store");
    mkdirSync(store);
    let filled = 0;
    const ended = await run(endless(store), () => {
      disk.fill();
      filled = performance.now();
    });
    expect(performance.now() - filled).toBeLessThan(limit);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/^the disk of .* is full: 0 MB/) });
  });
});

describe("an ingestion that is told to stop while its database is busy", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("ends at %s", async (signal) => {
    const store = mkdtempSync(join(tmpdir(), "llx-busy-"));
    const child = endless(store);
    let told = 0;
    const ended = await run(child, () => {
      if (told > 0) return;
      told = performance.now();
      child.kill(signal);
    });
    expect(performance.now() - told).toBeLessThan(limit);
    expect(ended).toMatchObject({ code: signal === "SIGTERM" ? 143 : 130 });
    rmSync(store, { recursive: true });
  });
});

describe.skipIf(!canMount())("a job queue in a directory whose disk is full", () => {
  const job = defineJob("count", { handler: async (n: number) => n });

  it("is not created, says why, and is created when there is room", async () => {
    using disk = new SmallDisk(220);
    const directory = join(disk.path, "jobs");
    disk.fill();
    await expect(createJobQueue({ directory })).rejects.toThrow(
      /the disk of .*jobs is full: 0 MB are free, and the embedded job queue needs 100 MB/,
    );
    disk.free();
    await using queue = await createJobQueue({ directory });
    await queue.enqueue(job, [1]);
  });

  it("is created again after the disk was full during creation", async () => {
    using disk = new SmallDisk(220);
    const directory = join(disk.path, "jobs");
    mkdirSync(directory);
    const watching = watch(directory, (_event, name) => {
      if (name === "unfinished") disk.fill();
    });
    await expect(createJobQueue({ directory })).rejects.toThrow(/^the disk of .*jobs is full: \d+ MB/);
    watching.close();
    disk.free();
    await using queue = await createJobQueue({ directory });
    await queue.enqueue(job, [1]);
  });

  it("refuses jobs, keeps existing ones, and continues when there is room", async () => {
    using disk = new SmallDisk(220);
    await using queue = await createJobQueue({ directory: join(disk.path, "jobs") });
    await queue.enqueue(job, [1, 2, 3]);
    disk.fill();
    await expect
      .poll(
        () =>
          queue.enqueue(job, [4]).then(
            () => "enqueued",
            ({ cause }) => String(cause),
          ),
        { timeout: 5_000 },
      )
      .toMatch(/the disk of .*jobs is full: 0 MB are free/);
    disk.free();
    await expect
      .poll(() => queue.enqueue(job, [5]).then(() => "enqueued", String), { timeout: 5_000 })
      .toBe("enqueued");
    await using worker = queue.work(job, { pollInterval: 5 });
    await worker.idle();
    const done = (await Array.fromAsync(queue.results(job))).map(({ payload }) => payload);
    expect(done).toEqual(expect.arrayContaining([1, 2, 3, 5]));
  });
});

describe.skipIf(!canMount())("a run of batches in a directory whose disk is full", () => {
  it.each(["submit", "results"] as const)(
    "stops with one error while it is full at %s, keeps what it has, and goes on when there is room",
    async (moment) => {
      using disk = new SmallDisk(10);
      await using queue = await createJobQueue();
      let isFull = false;
      const service = new FakeBatchService({
        onCall: (call, batch) => {
          if (isFull || call !== moment || batch?.name.endsWith("-1-1") !== true) return;
          isFull = true;
          disk.fill();
        },
      });
      const directory = join(disk.path, "run");
      const texts = ["a", "b", "c", "d", "e"];
      const options = { service, queue, directory, pauses: { first: 1, longest: 2 } };
      const first = await embedBatchJob(texts, options);
      await expect(first.finished()).rejects.toThrow(
        /^the run in .* has stopped at part [01]: the disk is full\. All results that are stored are kept, .* Make room, and call/,
      );
      await first.aclose();

      disk.free();
      await using again = await embedBatchJob(texts, options);
      expect(await again.finished()).toMatchObject({ embedded: 5, failed: 0 });
      expect([...service.uploads.values()]).toEqual([1, 1]);
    },
  );

  it("stops while its texts are planned", async () => {
    using disk = new SmallDisk(1);
    await using queue = await createJobQueue();
    const service = new FakeBatchService({ batchLimits: { inputs: 1_000, bytes: 10_000_000 } });
    function* texts(): Generator<string> {
      for (let index = 0; index < 2_000; index++) yield `${index} ${"x".repeat(1_000)}`;
    }
    await using planning = await embedBatchJob(texts(), {
      service,
      queue,
      directory: join(disk.path, "run"),
    });
    await expect(planning.finished()).rejects.toThrow(/^the run in .* has stopped: the disk is full\. /);
  });
});
