import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageLedger } from "@llx/callbacks/usage";
import type { EmbeddingBatchService } from "@llx/embeddings/batch";
import { createJobQueue, type JobQueue } from "@llx/jobs-pgboss";
import { describe, expect, it, vi } from "vitest";
import { hasPostgres, startPostgres } from "../../../tests/postgres.ts";
import { openRun, RunFileError } from "./index.ts";
import { FakeBatchService, vectorOf } from "./testing/fake-batch-service.ts";
import { read, runFixture } from "./testing/run-fixture.ts";

const fixture = runFixture();
const { start } = fixture;
const texts = ["a", "b", "c", "d", "b", "e", "f", "g", "a"];

describe("embedBatchJob", () => {
  it("embeds texts in batches within the limits, equal ones once, and gives each text its vector", async () => {
    const service = new FakeBatchService();
    const run = await start(texts, service);
    expect(await read(run.results())).toEqual(texts);
    const batches = service.batches.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    expect(batches.map(({ inputs }) => inputs.map(({ text }) => text))).toEqual([
      ["a", "b", "c"],
      ["d", "e", "f"],
      ["g"],
    ]);
    expect(service.batches.map(({ isRemoved }) => isRemoved)).toEqual([true, true, true]);
    expect(await run.finished()).toEqual({
      texts: 9,
      isPlanned: true,
      embedded: 9,
      failed: 0,
      cached: 0,
      batches: { waiting: 0, submitted: 0, done: 3 },
      usage: undefined,
      isCancelled: false,
    });
  });

  it("leaves a directory whose results are read without service and queue, in order and by index", async () => {
    await (await start(texts, new FakeBatchService())).finished();
    await using stored = await openRun(fixture.directory);
    expect(stored).toMatchObject({ provider: "fake", model: "counts", length: 9, isComplete: true });
    expect(await read(stored.results({ ordered: true }))).toEqual(texts);
    expect(await read(stored.results())).toEqual(texts);
    expect(await stored.at(4)).toEqual({ index: 4, text: "b", embedding: vectorOf("b") });
    await expect(stored.at("1" as never)).rejects.toThrow('index must be a number, not the string "1"');
    await expect(stored.at(9)).rejects.toThrow("the run has the texts 0 to 8, and none with the index 9");
  });

  it.each([
    [{ cache: "x" }, "cache must be "],
    [{ pauses: 5 }, "pauses must be an object, not number 5"],
    [
      { pauses: { first: 1000, longest: 10 } },
      "pauses.first is 1000 milliseconds, and pauses.longest only 10; the first pause must not be longer than the longest one",
    ],
    [
      { batchLimits: { inputs: 2 } },
      "there is no option batchLimits; it is an option of the service, such as openaiBatches({ batchLimits })",
    ],
    [
      { callbackManager: new UsageLedger() },
      "callbackManager must be a CallbackManager, not an object (UsageLedger); wrap a handler in one: new CallbackManager({ handlers: [handler] })",
    ],
  ])("refuses %j before it begins a run", async (options, message) => {
    await expect(start(texts, new FakeBatchService(), options as never)).rejects.toThrow(message);
    expect(existsSync(fixture.directory)).toBe(false);
  });

  it("makes a first pause that is longer than the longest one by default", async () => {
    const enqueue = vi.spyOn(fixture.queue, "enqueue");
    const service = new FakeBatchService({ polls: Number.POSITIVE_INFINITY });
    await start(["a"], service, { pauses: { first: 400_000 } });
    await vi.waitFor(() => expect(enqueue).toHaveBeenCalledTimes(2), { interval: 5 });
    expect(enqueue.mock.lastCall?.[2]).toMatchObject({ delay: 400_000 });
  });

  it("opens no run without the path of a directory", async () => {
    for (const path of [null, undefined, "", 7]) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await expect(openRun(path as never)).rejects.toThrow(TypeError);
    }
    await expect(openRun(null as never)).rejects.toThrow("path must be the path of a directory, not null");
  });

  it("gives results in the order of the texts on request", async () => {
    const run = await start(texts, new FakeBatchService());
    const indexes: number[] = [];
    for await (const { index } of run.results({ ordered: true })) indexes.push(index);
    expect(indexes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("embeds no texts at all", async () => {
    const run = await start([], new FakeBatchService());
    expect(await run.finished()).toMatchObject({ texts: 0, embedded: 0 });
    expect(await read(run.results())).toEqual([]);
  });

  it("names the text of an array that cannot be sent, before anything is sent or stored", async () => {
    const service = new FakeBatchService();
    await expect(start(["a", " "], service)).rejects.toThrow(
      new RangeError("texts[1] cannot be sent: the text must not be empty"),
    );
    await expect(start(["a", 7 as never], service)).rejects.toThrow(
      "texts[1] must be a string, not number 7",
    );
    expect(service.batches).toEqual([]);
    expect(readdirSync(fixture.folder)).toEqual([]);
  });

  it("calls a text of an array by its index only", async () => {
    const service = new FakeBatchService();
    vi.spyOn(service, "line").mockImplementation((id) => {
      throw new RangeError(`the text ${id} has 9 tokens`);
    });
    const error: unknown = await start(["a"], service).catch((caught: unknown) => caught);
    expect(error).toHaveProperty("message", "texts[0] cannot be sent: the text has 9 tokens");
    expect(error).not.toHaveProperty("cause");
  });

  it("gives the text of a stream that cannot be sent its error, and embeds the others", async () => {
    async function* stream(): AsyncGenerator<string> {
      yield* ["a", " ", "b"];
    }
    const run = await start(stream(), new FakeBatchService());
    expect(await read(run.results())).toEqual(["a", " : the text must not be empty", "b"]);
    expect(await run.finished()).toMatchObject({ embedded: 2, failed: 1 });
  });

  it("leaves out what is in the cache, and fills it", async () => {
    const cache = new Map([["b", vectorOf("b")]]);
    const service = new FakeBatchService();
    const run = await start(texts, service, { cache });
    expect(await read(run.results())).toEqual(texts);
    expect(service.batches.flatMap(({ inputs }) => inputs.map(({ text }) => text)).toSorted()).toEqual([
      "a",
      "c",
      "d",
      "e",
      "f",
      "g",
    ]);
    expect([...cache.keys()].toSorted()).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
    expect(await run.finished()).toMatchObject({ cached: 1, embedded: 9 });
  });

  it("refuses a file in place of a directory, and a place below one", async () => {
    const file = join(fixture.folder, "notes.txt");
    writeFileSync(file, "");
    for (const directory of [file, join(file, "run")]) {
      const error: unknown = await start(["a"], new FakeBatchService(), { directory }).catch(
        (caught) => caught,
      );
      expect(error).toBeInstanceOf(RunFileError);
      expect(error).toHaveProperty(
        "message",
        `directory is ${directory}, but ${file} is a file; name a directory, or one that does not exist`,
      );
      expect(error).toHaveProperty("cause.syscall", "mkdir");
      await expect(openRun(directory)).rejects.toThrow(
        new RunFileError(
          `there is no run in ${directory}: ${file} is a file. Name the directory that embedBatchJob was given`,
        ),
      );
    }
  });

  it("refuses a directory that the system refuses", async () => {
    const link = join(fixture.folder, "link");
    symlinkSync(link, link);
    const failure = start(["a"], new FakeBatchService(), { directory: link });
    await expect(failure).rejects.toThrow(RunFileError);
    await expect(failure).rejects.toThrow(`directory is ${link}, which the system refuses: ELOOP: `);
    const locked = join(fixture.folder, "locked");
    mkdirSync(join(locked, "llx-run.lock"), { recursive: true });
    await expect(start(["a"], new FakeBatchService(), { directory: locked })).rejects.toThrow(
      new RunFileError(
        `directory is ${locked}, which the system refuses: llx-run.lock: unable to open database file. Name a directory in which ` +
          "this process may read and write",
      ),
    );
  });

  it("leaves nothing in a directory that it refuses", async () => {
    for (const name of ["notes.txt", "run.json"]) {
      const directory = join(fixture.folder, name.slice(0, 3));
      mkdirSync(directory);
      writeFileSync(join(directory, name), "{}");
      // oxlint-disable-next-line no-await-in-loop -- one after another
      await expect(start(["a"], new FakeBatchService(), { directory })).rejects.toThrow(RunFileError);
      expect(readdirSync(directory)).toEqual([name]);
    }
  });

  it("says that its queue is closed, and leaves the directory to the next run", async () => {
    const closed = await createJobQueue();
    await closed.aclose();
    await expect(start(["a"], new FakeBatchService(), { queue: closed })).rejects.toThrow(
      "the job queue is closed; make a new one",
    );
    const run = await start(["a"], new FakeBatchService());
    expect(await read(run.results())).toEqual(["a"]);
  });

  it("refuses a directory with other files, another run, other texts, or that is in use", async () => {
    writeFileSync(join(fixture.folder, "notes.txt"), "");
    const service = new FakeBatchService();
    await expect(start(["a"], service, { directory: fixture.folder })).rejects.toThrow(
      `the directory ${fixture.folder} has other files, such as "notes.txt": a run needs one of its own`,
    );
    const run = await start(texts, service);
    await expect(start(texts, service)).rejects.toThrow(
      "is in use by this process: a run is worked on by one process",
    );
    await run.finished();
    await run.aclose();
    await expect(start(texts, service, { inputType: "query" })).rejects.toThrow(
      `the directory ${fixture.directory} holds a run with inputType document, not query`,
    );
    const smaller = new FakeBatchService({ batchLimits: { inputs: 2 } });
    await expect(start(texts, smaller)).rejects.toThrow(
      `the batches of the run in ${fixture.directory} are planned with batchLimits of 3 inputs and 10,000 bytes, not of 2 inputs and ` +
        "10,000 bytes. Go on with the same limits, or name another directory for a new run",
    );
    for (const others of [texts.slice(1), texts.slice(0, -1), [...texts, "h"]]) {
      // oxlint-disable-next-line no-await-in-loop -- one run at a time
      await expect(start(others, service)).rejects.toThrow(
        `the texts are not those of the run in ${fixture.directory}`,
      );
    }
    expect(service.batches).toHaveLength(3);
  });
});

describe("embedBatchJob whose queue is closed", () => {
  /** A queue whose workers wait for ever for a job that does not end, or does not end when its signal is aborted. */
  async function patientQueue(signal?: AbortSignal): Promise<JobQueue> {
    const queue = await createJobQueue();
    const work = queue.work.bind(queue);
    queue.work = (jobs, options) => work(jobs, { ...options, grace: Number.POSITIVE_INFINITY, signal });
    return queue;
  }

  const closed =
    "the queue of the run was closed before it has finished; call embedBatchJob with another one";

  it("ends at once while it submits, and goes on with another queue", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const queue = await patientQueue();
    let closing: Promise<void> | undefined;
    const service = new FakeBatchService({ onCall: () => void (closing ??= queue.aclose()) });
    const run = await start(texts, service, { queue });
    await expect(run.finished()).rejects.toThrow(closed);
    await closing;
    await run.aclose();
    expect(warn).not.toHaveBeenCalled();
    expect(await read((await start(texts, service)).results())).toEqual(texts);
    expect([...service.uploads.values()]).toEqual([1, 1, 1]);
  });

  it("ends when its jobs are handed back while the database is away", async () => {
    const handBack = new AbortController();
    const queue = await patientQueue(handBack.signal);
    const service = new FakeBatchService({
      onCall: () => {
        queue.enqueue = () => {
          setImmediate(() => {
            void queue.aclose();
            handBack.abort();
          });
          // The next attempt would be in a minute.
          return Promise.reject(Object.assign(new Error("the database is away"), { retryAfter: 60_000 }));
        };
      },
    });
    const run = await start(["a"], service, { queue });
    await expect(run.finished()).rejects.toThrow(closed);
    await queue.aclose();
    await run.aclose();
    expect(await read((await start(["a"], service)).results())).toEqual(["a"]);
  });

  it("ends when its jobs are handed back while files are deleted at the service, which the next call does", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const handBack = new AbortController();
    const queue = await patientQueue(handBack.signal);
    const service = new FakeBatchService();
    const remove = vi.spyOn<EmbeddingBatchService, "remove">(service, "remove");
    remove.mockImplementationOnce((_, { signal } = {}) => {
      const { promise, reject } = Promise.withResolvers<void>();
      signal?.addEventListener("abort", () => reject(signal.reason as Error));
      handBack.abort();
      return promise;
    });
    const run = await start(["a"], service, { queue });
    await expect(run.finished()).rejects.toThrow(closed);
    await queue.aclose();
    await run.aclose();
    expect(remove).toHaveBeenCalledTimes(1);
    expect(await read((await start(["a"], service)).results())).toEqual(["a"]);
    expect(service.batches.map(({ isRemoved }) => isRemoved)).toEqual([true]);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe.runIf(hasPostgres("runs of batches on PostgreSQL"))("embedBatchJob on PostgreSQL", () => {
  it("embeds texts, and goes on after it was closed", { timeout: 60_000 }, async () => {
    const postgres = await startPostgres();
    try {
      await using queue = await createJobQueue({ connectionString: postgres.url });
      const service = new FakeBatchService({ polls: Number.POSITIVE_INFINITY });
      const run = await start(texts, service, { queue });
      await vi.waitFor(() => expect(service.batches).toHaveLength(3), { timeout: 10_000, interval: 5 });
      await run.aclose();
      for (const batch of service.batches) batch.polls = 1;
      const again = await start(texts, service, { queue });
      expect(await read(again.results())).toEqual(texts);
      expect([...service.uploads.values()]).toEqual([1, 1, 1]);
      await again.aclose();
    } finally {
      await postgres.close();
    }
  });
});
