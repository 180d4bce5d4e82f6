import { describe, expect, it, vi } from "vitest";
import type { EmbeddingModel } from "@llx/embeddings";
import { createEmbeddingModel } from "@llx/embeddings";
import type { BatchResult } from "@llx/embeddings/batch";
import { createJobQueue } from "@llx/jobs-pgboss";
import { BatchRunError, openRun } from "./index.ts";
import { FakeBatchService, type FakeBatchOptions, vectorOf } from "./testing/fake-batch-service.ts";
import { read, runFixture } from "./testing/run-fixture.ts";

const fixture = runFixture();
const { start } = fixture;

const texts = ["a", "b", "c", "d"];
const soon = { timeout: 10_000, interval: 5 };

/** What each batch was sent, by part and round. */
const sent = (service: FakeBatchService): string[] =>
  service.batches
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, inputs }) => `${name.slice(-3)} ${inputs.map(({ text }) => text).join("")}`);

/** Batches are numbered as they come. */
const withoutNumbers = (rows: readonly string[]): string[] =>
  rows.map((row) => row.replace(/batch_\d/, "batch_n"));

const failing = (retryable: boolean): Error => Object.assign(new Error("no such words"), { retryable });

/** Fails the results of a text in the first batches that have it. */
function failTimes(text: string, times: number, retryable = true): Pick<FakeBatchOptions, "results"> {
  let left = times;
  return {
    results: (results, batch) => {
      const at = batch.inputs.findLast((each) => each.text === text);
      if (at === undefined || left-- <= 0) return results;
      return results.map((each): BatchResult =>
        each.id === at.id ? { id: each.id, error: failing(retryable) } : each,
      );
    },
  };
}

describe("texts that fail in a batch", () => {
  it("are sent again in another batch, and the others are there before", async () => {
    const service = new FakeBatchService(failTimes("b", 2));
    const run = await start(texts, service);
    expect(await read(run.results())).toEqual(texts);
    expect(sent(service)).toEqual(["0-1 abc", "0-2 b", "0-3 b", "1-1 d"]);
    expect(service.batches.map(({ name }) => name)).toContain(`llx-${run.id}-0-2`);
    await using stored = await openRun(fixture.directory);
    expect(await read(stored.results({ ordered: true }))).toEqual(texts);
  });

  it("have failed after so many attempts, or at once where no batch can embed them", async () => {
    const often = new FakeBatchService(failTimes("b", 9));
    expect(await read((await start(texts, often, { attempts: 2 })).results())).toEqual([
      "a",
      "b: no such words",
      "c",
      "d",
    ]);
    expect(sent(often)).toEqual(["0-1 abc", "0-2 b", "1-1 d"]);
    const never = new FakeBatchService(failTimes("b", 9, false));
    const run = await start(texts, never, { directory: `${fixture.directory}-2` });
    expect(await read(run.results())).toEqual(["a", "b: no such words", "c", "d"]);
    expect(sent(never)).toEqual(["0-1 abc", "1-1 d"]);
    expect(await run.finished()).toMatchObject({ embedded: 3, failed: 1 });
  });

  it("do not hide the usage of the others", async () => {
    const options = { ...failTimes("b", 9), usage: { totalTokens: 2 } };
    const run = await start(texts, new FakeBatchService(options), { attempts: 2 });
    expect(await run.finished()).toMatchObject({ failed: 1, usage: { totalTokens: 6 } });
  });

  it("have failed at once on request", async () => {
    const service = new FakeBatchService(failTimes("b", 9));
    const run = await start(texts, service, { failed: "keep" });
    expect(await read(run.results())).toEqual(["a", "b: no such words", "c", "d"]);
    expect(sent(service)).toEqual(["0-1 abc", "1-1 d"]);
  });

  it("are sent through a model on request", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const requests: (readonly string[])[] = [];
    let away = 2;
    const live: EmbeddingModel = createEmbeddingModel(
      {
        provider: "fake",
        model: "counts",
        dimensions: 4,
        limits: { inputs: 10 },
        embed: async ({ texts: each }) => {
          if (away-- > 0) throw Object.assign(new Error("busy"), { retryable: true });
          requests.push(each);
          return { embeddings: each.map((text, index) => ({ index, embedding: vectorOf(text) })) };
        },
      },
      { retry: { attempts: 1 } },
    );
    const service = new FakeBatchService({ end: () => "expired", results: (all) => all.slice(1) });
    const cache = new Map<string, Float32Array>();
    const run = await start(texts, service, { failed: live, cache });
    expect(await read(run.results())).toEqual(texts);
    // The fake gives the last result first.
    expect(requests.map(String).toSorted()).toEqual(["c", "d"]);
    expect([...cache.keys()].toSorted()).toEqual(texts);
    await expect(
      start(texts, service, {
        directory: `${fixture.directory}-2`,
        failed: createEmbeddingModel({
          provider: "fake",
          model: "other",
          limits: { inputs: 1 },
          embed: vi.fn(),
        }),
      }),
    ).rejects.toThrow("the model of failed has model other, and the service counts");
  });
});

describe("a batch", () => {
  it("that expires keeps what it has, and the other texts are sent again", async () => {
    const service = new FakeBatchService({
      end: ({ name }) => (name.endsWith("-0-1") ? "expired" : "done"),
      results: (all, { name }) => (name.endsWith("-0-1") ? all.slice(0, 1) : all),
    });
    const run = await start(texts, service);
    expect(await read(run.results())).toEqual(texts);
    expect(sent(service)).toEqual(["0-1 abc", "0-2 ab", "1-1 d"]);
  });

  it("that fails as a whole is sent again, and then the run stops; the next call sends it again", async () => {
    let isWrong = true;
    const service = new FakeBatchService({
      end: (batch) => {
        batch.message = "too many tokens wait";
        return isWrong && batch.name.includes("-0-") ? "failed" : "done";
      },
    });
    const run = await start(texts, service, { attempts: 2 });
    const stop = await run.finished().catch((error: unknown) => error);
    expect(stop).toBeInstanceOf(BatchRunError);
    expect((stop as Error).message.replaceAll(/batch_\d/g, "batch_n")).toBe(
      `the run in ${fixture.directory} has stopped at part 0: batch batch_n has failed: too many tokens wait. So ended all 2 ` +
        "batches of these texts. All results that are stored are kept, and batches go on at the service. If the batch is too large " +
        "(it has 3 texts; batchLimits are 3 inputs and 10,000 bytes), lower the option batchLimits of the service, and begin anew in " +
        "another directory, as this one keeps its batches as they are planned. Otherwise remove the cause, and call embedBatchJob " +
        "with the same texts and directory to go on",
    );
    await run.aclose();
    isWrong = false;
    const next = await start(texts, service, { attempts: 2 });
    expect(await read(next.results())).toEqual(texts);
    expect(sent(service)).toEqual(["0-1 abc", "0-2 abc", "0-3 abc", "1-1 d"]);
  });

  it("that would fail again is sent once, and the run stops", async () => {
    const service = new FakeBatchService({
      end: (batch) => {
        Object.assign(batch, { message: "too many requests.", isWrong: true });
        return "failed";
      },
    });
    const run = await start(["a"], service);
    await expect(run.finished()).rejects.toThrow(
      /has stopped at part 0: batch batch_0 has failed: too many requests\. All results .*it has 1 text; batchLimits are 3 inputs/,
    );
    expect(sent(service)).toEqual(["0-1 a"]);
  });

  it("that is refused when it is submitted stops the run at once, which names the option that makes batches smaller", async () => {
    const refusal = Object.assign(new Error("the file is too large"), { status: 413, retryable: false });
    let times = 0;
    const service = new FakeBatchService({
      onCall: (call) => {
        if (call !== "submit") return;
        times++;
        throw refusal;
      },
    });
    const stop: unknown = await (await start(["a"], service)).finished().catch((error: unknown) => error);
    expect((stop as Error).message).toContain("the file is too large. All results");
    expect((stop as Error).message).toContain("lower the option batchLimits of the service");
    expect((stop as Error).cause).toBe(refusal);
    expect(times).toBe(1);
  });

  it("that fails as a whole has failed texts with its reason, where they are not to be sent again", async () => {
    const service = new FakeBatchService({ end: () => "failed" });
    const run = await start(["a"], service, { failed: "keep" });
    expect(withoutNumbers(await read(run.results()))).toEqual(["a: batch batch_n has failed"]);
  });

  it("that has a result twice, or none, for a text: it is sent again, and then fails and says so", async () => {
    const service = new FakeBatchService({
      results: (all, { name }) => (name.includes("-0-") ? [all[0]!, all[0]!, ...all.slice(2)] : all),
    });
    const run = await start(texts, service, { attempts: 1 });
    expect(withoutNumbers(await read(run.results()))).toEqual([
      "a",
      "b: batch batch_n has ended without a result for the text",
      "c: batch batch_n has more than one result for the text",
      "d",
    ]);
  });

  it("that has results for texts that it was not sent: they are ignored, with a warning", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const service = new FakeBatchService({
      results: (all) => [
        ...all,
        { id: "3", embedding: vectorOf("x") },
        { id: "00", embedding: vectorOf("x") },
      ],
    });
    const run = await start(["a", "b", "c"], service);
    expect(await read(run.results())).toEqual(["a", "b", "c"]);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'batch batch_0 has 2 results for texts that it was not sent, such as "3": they are ignored. Report this to the service',
    ]);
  });

  it("that the service does not know any more stops the run, which says what to do, and goes on so", async () => {
    let lost = true;
    const service = new FakeBatchService({
      onCall: (call, batch) => {
        if (lost && call === "status" && batch?.name.endsWith("-0-1") === true) batch.isRemoved = true;
      },
      end: (batch) => {
        if (batch.isRemoved)
          throw Object.assign(new Error("the service does not know it"), { code: "unknown_batch" });
        return "done";
      },
    });
    const run = await start(texts, service);
    const error: unknown = await run.finished().catch((thrown: unknown) => thrown);
    const { id } = service.batches.find(({ name }) => name.endsWith("-0-1"))!;
    expect(error).toBeInstanceOf(BatchRunError);
    expect(error).toHaveProperty(
      "message",
      `the run in ${fixture.directory} has stopped at part 0: the service does not know batch ${id}. All results that are stored ` +
        "are kept, and batches go on at the service. To send its texts again, and pay for them again, set lost: " +
        '"again", and call embedBatchJob with the same texts and directory to go on',
    );
    await expect(read(run.results())).rejects.toThrow("has stopped at part 0");
    await run.aclose();
    lost = false;
    const again = await start(texts, service, { lost: "again" });
    expect(await read(again.results())).toEqual(texts);
    expect(sent(service)).toEqual(["0-1 abc", "0-2 abc", "1-1 d"]);
  });
});

/** A service at which no more batches may wait at once. */
function withQueue(most: number): FakeBatchService {
  const service = new FakeBatchService({
    polls: 2,
    batchLimits: { inputs: 1 },
    onCall: (call, batch) => {
      if (call !== "submit" || batch === undefined) return;
      const waiting = service.batches.filter(({ state, isQueueFull }) => state === "running" && !isQueueFull);
      if (waiting.length <= most) return;
      Object.assign(batch, { isQueueFull: true, message: "too many tokens wait" });
    },
    end: ({ isQueueFull }) => (isQueueFull === true ? "failed" : "done"),
  });
  return service;
}

describe("a batch for which the service has no room", () => {
  it("waits for others of the run, which is no attempt, and fewer are sent from then on", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const service = withQueue(2);
    const many = Array.from({ length: 20 }, (_, at) => `text ${at}`);
    const run = await start(many, service, { attempts: 1, concurrency: 5 });
    expect(await read(run.results())).toEqual(many);
    expect(await run.finished()).toMatchObject({ embedded: 20, failed: 0 });
    const refused = service.batches.filter(({ isQueueFull }) => isQueueFull === true);
    // Each lets one less be there at once, of 5.
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(5);
    expect(service.batches).toHaveLength(20 + refused.length);
    expect(
      warn.mock.calls.map(([message, details]) => [String(message).replaceAll(/\d+/g, "n"), details]),
    ).toEqual([
      [
        `part n of the run in ${fixture.directory.replaceAll(/\d+/g, "n")} waits until another one has ended, and fewer are sent at ` +
          "once from now on, as the service has no room: batch batch_n has failed: too many tokens wait. To send fewer from the " +
          "start, lower concurrency",
        { type: "BatchRunDelayed", code: "LLX_BATCH_RUN_DELAYED" },
      ],
    ]);
  });

  it("is not sent to a model instead, as its texts have not failed", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const embed = vi.fn();
    const live = createEmbeddingModel({ provider: "fake", model: "counts", limits: { inputs: 1 }, embed });
    const run = await start(texts, withQueue(1), { failed: live, concurrency: 4 });
    expect(await read(run.results())).toEqual(texts);
    expect(embed).not.toHaveBeenCalled();
  });

  it("though it is alone stops the run after all attempts, which says when smaller batches help", async () => {
    const service = withQueue(0);
    const stop: unknown = await (
      await start(["a"], service, { attempts: 2 })
    )
      .finished()
      .catch((error: unknown) => error);
    expect((stop as Error).message.replaceAll(/batch_\d/g, "batch_n")).toBe(
      `the run in ${fixture.directory} has stopped at part 0: batch batch_n has failed: too many tokens wait. So ended all 2 ` +
        "batches of these texts. All results that are stored are kept, and batches go on at the service. No other batch of this run " +
        "was there. If it is too large alone (it has 1 text; batchLimits are 1 input and 10,000 bytes), lower the option " +
        "batchLimits of the service, and begin anew in another directory, as this one keeps its batches as they are planned. If " +
        "batches of other runs were there, wait until they have ended, and call embedBatchJob with the same texts and directory to go on",
    );
    expect(sent(service)).toEqual(["0-1 a", "0-2 a"]);
  });
});

describe("a batch whose results cannot be attributed", () => {
  const spoilt = (): FakeBatchService =>
    new FakeBatchService({
      results: (all, { name }) => {
        if (!name.endsWith("-0-1")) return all;
        const error = Object.assign(new Error("line 2 does not name its text"), { retryable: false });
        error.name = "EmbeddingResponseError";
        throw error;
      },
    });

  it("stops the run, or is sent again on request", async () => {
    const service = spoilt();
    const run = await start(texts, service);
    await expect(run.finished()).rejects.toThrow(
      /at part 0: line 2 does not name its text\..* set lost: "again"/,
    );
    await run.aclose();
    const again = await start(texts, service, { lost: "again" });
    expect(await read(again.results())).toEqual(texts);
    expect(sent(service)).toEqual(["0-1 abc", "0-2 abc", "1-1 d"]);
  });
});

describe("a run", () => {
  it("goes on after failures that pass", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    let failures = 3;
    const service = new FakeBatchService({
      onCall: (call) => {
        if (call !== "remove" && failures-- > 0) throw Object.assign(new Error("busy"), { retryable: true });
      },
    });
    const run = await start(texts, service);
    expect(await read(run.results())).toEqual(texts);
    expect([...service.uploads.values()]).toEqual([1, 1]);
  });

  it("stops soon if nothing listens at its service, and goes on later", async () => {
    let isAway = true;
    const nobody = (): Error =>
      Object.assign(
        new Error("no connection", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) }),
        {
          retryable: true,
        },
      );
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const service = new FakeBatchService({
      onCall: () => {
        if (isAway) throw nobody();
      },
    });
    const run = await start(["a"], service);
    await expect(run.finished()).rejects.toThrow(
      /at part 0: no connection\. All results .* Start the service, or correct its address, and call embedBatchJob/,
    );
    expect(warn).not.toHaveBeenCalled();
    await run.aclose();
    isAway = false;
    expect(await read((await start(["a"], service)).results())).toEqual(["a"]);
  });

  it("waits for its service in the middle, and warns once of an outage", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    let failures = 3;
    const service = new FakeBatchService({
      onCall: (call) => {
        if (call !== "status" || failures-- <= 0) return;
        throw Object.assign(new Error("no connection"), { retryable: true, cause: { code: "ENOTFOUND" } });
      },
    });
    const run = await start(["a"], service, { pauses: { first: 10, longest: 200 } });
    expect(await read(run.results())).toEqual(["a"]);
    expect(warn.mock.calls).toEqual([
      [
        `call 1 of 20 has failed for part 0 of the run in ${fixture.directory}: no connection. The next is in 0.01 s, and later ` +
          "ones after up to 0.2 s",
        { type: "BatchRunDelayed", code: "LLX_BATCH_RUN_DELAYED" },
      ],
    ]);
  });

  it("stops after an outage that does not end, and says how often it has tried in all", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const service = new FakeBatchService({
      onCall: (call) => {
        if (call !== "status") return;
        const cause = Object.assign(new Error("busy (after 3 requests)"), { retryable: true, attempt: 3 });
        throw cause;
      },
    });
    const run = await start(["a"], service);
    // 20 calls with 3 requests each.
    await expect(run.finished()).rejects.toThrow(/at part 0: busy \(after 60 requests\)\. All results/);
  });

  it("counts no attempts of an outage that was followed by another failure", async () => {
    vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    let calls = 0;
    const service = new FakeBatchService({
      onCall: (call) => {
        if (call !== "status") return;
        if (calls++ === 0) throw Object.assign(new Error("busy"), { retryable: true });
        throw Object.assign(new Error("the key is wrong"), { retryable: false });
      },
    });
    const run = await start(["a"], service);
    await expect(run.finished()).rejects.toThrow("at part 0: the key is wrong. All results");
  });

  it("stops at a failure that does not pass, keeps what it has, and submits nothing twice when it goes on", async () => {
    let key = "wrong";
    const service = new FakeBatchService({
      onCall: (call, batch) => {
        if (key === "wrong" && call === "results" && batch?.name.endsWith("-1-1") === true) {
          throw Object.assign(new Error("the key is wrong"), { retryable: false });
        }
      },
    });
    const run = await start(texts, service);
    await expect(run.finished()).rejects.toThrow("has stopped at part 1: the key is wrong");
    await run.aclose();
    key = "right";
    const again = await start(texts, service);
    expect(await read(again.results())).toEqual(texts);
    expect([...service.uploads.values()]).toEqual([1, 1]);
  });

  it("is closed while batches are under way, and goes on with them in another process's queue", async () => {
    const service = new FakeBatchService({ polls: Number.POSITIVE_INFINITY });
    const run = await start(texts, service);
    await vi.waitFor(() => expect(service.batches).toHaveLength(2), soon);
    await run.aclose();
    await expect(run.finished()).rejects.toThrow("the run was closed before it has finished");
    await expect(run.results().next()).rejects.toThrow("the run was closed before it has finished");
    for (const batch of service.batches) batch.polls = 0;
    const again = await start(texts, service);
    expect(await read(again.results())).toEqual(texts);
    expect([...service.uploads.values()]).toEqual([1, 1]);
  });

  it("goes on with a queue that knows nothing of it", async () => {
    const service = new FakeBatchService({ polls: Number.POSITIVE_INFINITY });
    const run = await start(texts, service, { concurrency: 1 });
    await vi.waitFor(() => expect(service.batches).toHaveLength(1), soon);
    await run.aclose();
    service.batches[0]!.polls = 0;
    await using queue = await createJobQueue();
    const again = await start(texts, service, { queue, concurrency: 1 });
    await vi.waitFor(() => expect(service.batches).toHaveLength(2), soon);
    service.batches[1]!.polls = 0;
    expect(await read(again.results())).toEqual(texts);
    expect([...service.uploads.values()]).toEqual([1, 1]);
  });

  it("stops if its queue is closed", async () => {
    const queue = await createJobQueue();
    const run = await start(texts, new FakeBatchService({ polls: Number.POSITIVE_INFINITY }), { queue });
    await queue.aclose();
    await expect(run.finished()).rejects.toThrow("the queue of the run was closed before it has finished");
  });

  it("is closed, or cancelled, while its texts do not arrive", async () => {
    async function* silent(): AsyncGenerator<string> {
      yield* texts;
      await new Promise(() => {});
    }
    const service = new FakeBatchService();
    await (await start(silent(), service)).aclose();
    const run = await start(silent(), service, { directory: `${fixture.directory}-2` });
    await run.cancel();
    expect(await run.finished()).toMatchObject({ isCancelled: true });
  });

  it("ends with the reason of its signal", async () => {
    const controller = new AbortController();
    const service = new FakeBatchService({ polls: Number.POSITIVE_INFINITY });
    const run = await start(texts, service, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(run.finished()).rejects.toThrow("enough");
  });

  it("has so many batches at the service at once", async () => {
    let most = 0;
    const service = new FakeBatchService({
      polls: Number.POSITIVE_INFINITY,
      batchLimits: { inputs: 1 },
      onCall: (call) => {
        const open = service.batches.filter(({ isRemoved }) => !isRemoved);
        most = Math.max(most, open.length);
        // The first ones end when there are two, and the others at once.
        if (call === "status" && open.length + most > 2) for (const batch of open) batch.polls = 0;
      },
    });
    const run = await start(texts, service, { concurrency: 2 });
    await run.finished();
    expect(most).toBe(2);
    expect(service.batches).toHaveLength(4);
  });

  it("goes on with fewer batches at once, also of those that were sent before", async () => {
    let isFull = true;
    let most = 0;
    const service = new FakeBatchService({
      polls: 2,
      batchLimits: { inputs: 1 },
      end: () => (isFull ? "failed" : "done"),
      onCall: (call) => {
        if (call !== "submit") return;
        most = Math.max(most, service.batches.filter(({ state }) => state === "running").length);
      },
    });
    const run = await start(texts, service, { pauses: { first: 1, longest: 3_600_000 } });
    const hasFailed = (): boolean => service.batches.filter(({ isRemoved }) => isRemoved).length === 4;
    await vi.waitFor(() => expect(hasFailed()).toBe(true), soon);
    await run.aclose();
    [isFull, most] = [false, 0];
    const again = await start(texts, service, { concurrency: 1 });
    expect(await read(again.results())).toEqual(texts);
    expect(most).toBe(1);
  });

  it("cancels its batches at the service, keeps what they have, and submits no more", async () => {
    const service = new FakeBatchService({
      polls: Number.POSITIVE_INFINITY,
      results: (all) => all.slice(1),
    });
    const run = await start(texts, service, { concurrency: 1 });
    await vi.waitFor(() => expect(service.batches).toHaveLength(1), soon);
    await vi.waitFor(
      () => expect(run.progress()).toMatchObject({ isPlanned: true, batches: { submitted: 1, waiting: 1 } }),
      soon,
    );
    await run.cancel();
    expect(await read(run.results())).toEqual([
      "a",
      "b",
      "c: batch batch_0 was cancelled before the text was embedded",
      "d: the run was cancelled",
    ]);
    expect(service.cancelled).toContain("batch_0");
    expect(await run.finished()).toMatchObject({ isCancelled: true, embedded: 2, failed: 2 });
    await run.aclose();
    const again = await start(texts, service);
    expect(await again.finished()).toMatchObject({ isCancelled: true, embedded: 2, failed: 2 });
    expect(service.batches).toHaveLength(1);
  });
});
