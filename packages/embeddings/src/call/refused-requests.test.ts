import { RefusedError } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { describe, expect, it, vi } from "vitest";
import { createEmbeddingModel, EmbeddingBatchError, type EmbeddingModelOptions } from "../index.ts";
import { useFakeTime } from "../../../../tests/fake-time.ts";

useFakeTime();

const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);

/** The refusal of a server that states no wait. */
const refusal = Object.assign(new Error("rate limit of 100,000 tokens per minute exceeded"), { status: 429 });

/** A model with one text per request, whose service refuses if `isRefusing` says so, and responds after 10 ms. */
function modelOf(isRefusing: (now: number, request: number) => boolean, options: EmbeddingModelOptions = {}) {
  const start = performance.now();
  let requests = 0;
  const model = createEmbeddingModel(
    {
      provider: "limited",
      model: "limited",
      limits: { inputs: 1 },
      async embed(request) {
        const refuses = isRefusing(performance.now() - start, requests++);
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (refuses) throw refusal;
        return { embeddings: [{ index: 0, embedding: [Number(request.texts[0]!.slice(5)), 1] }] };
      },
    },
    options,
  );
  return { model, requests: () => requests };
}

const expected = texts.map((_, index) => Float32Array.of(index, 1));

describe("a service that refuses", () => {
  it.each([
    ["everything for a second", (now: number) => now > 20 && now < 1_020],
    ["everything for 65 seconds", (now: number) => now > 20 && now < 65_020],
    ["one request in ten, for ever", (_now: number, request: number) => request % 10 === 9],
  ])("%s loses nothing with the default options", async (_what, isRefusing) => {
    const { model } = modelOf(isRefusing);
    const batch = model.getTextEmbeddingBatch(texts);
    await vi.runAllTimersAsync();
    expect((await batch).embeddings).toEqual(expected);
    const rows = Array.fromAsync(model.streamTextEmbeddings(texts), ({ embedding }) => embedding);
    await vi.runAllTimersAsync();
    expect(await rows).toEqual(expected);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is awaited for ten minutes; then the call keeps its embeddings and lists the missing ones", async () => {
    const { model } = modelOf((now) => now > 35);
    const outcome = model.getTextEmbeddingBatch(texts, { workers: 4 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(20_000);
    const error = await outcome;
    if (!(error instanceof EmbeddingBatchError)) throw error;
    expect(error.cause).toBeInstanceOf(RefusedError);
    // Four requests every 10 ms, until 30 ms had passed.
    expect(error.partial.embeddings.filter(Boolean)).toEqual(expected.slice(0, 16));
    expect(error.failed).toHaveLength(84);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is awaited for maxRefusedTime, and not at all with one attempt", async () => {
    const short = modelOf(() => true, { retry: { maxRefusedTime: 1_000 } });
    const outcome = short.model.getTextEmbedding("text 0").catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(1_900);
    expect(await outcome).toBeInstanceOf(RefusedError);
    const once = modelOf(() => true, { retry: { attempts: 1 } });
    const failed = once.model.getTextEmbedding("text 0").catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    expect([await failed, once.requests()]).toEqual([refusal, 1]);
  });

  it("is shown in events, so that the wait does not look like a hang", async () => {
    const debug = new DebugHandler();
    const callbackManager = new CallbackManager({ handlers: [debug] });
    const { model } = modelOf((now) => now < 5_000, { callbackManager });
    const embedding = model.getTextEmbedding("text 3");
    await vi.runAllTimersAsync();
    expect(await embedding).toEqual(Float32Array.of(3, 1));
    expect(debug.getEventPairs("service_pause").map(([{ payload }]) => payload.reason)).toEqual([
      "paused by the service, next try in 1 s",
      "paused by the service, next try in 2 s",
      "paused by the service, next try in 4 s",
    ]);
  });
});

describe("a service that handles one request after another, including abandoned ones", () => {
  it("gets no more requests than it can respond to in time", async () => {
    let [freeAt, served] = [0, 0];
    const model = createEmbeddingModel(
      {
        provider: "serial",
        model: "serial",
        limits: { inputs: 1 },
        async embed(_request, { timeout }) {
          const start = performance.now();
          freeAt = Math.max(freeAt, start) + 150;
          served++;
          const takes = freeAt - start;
          await new Promise((resolve) => setTimeout(resolve, Math.min(takes, timeout)));
          if (takes > timeout) throw new DOMException("late", "TimeoutError");
          return { embeddings: [{ index: 0, embedding: [1] }] };
        },
      },
      { timeout: 400 },
    );
    const batch = model.getTextEmbeddingBatch(texts.slice(0, 20));
    await vi.runAllTimersAsync();
    expect((await batch).embeddings).toHaveLength(20);
    expect(served).toBe(20);
  });
});

it("answers calls with a time limit soon after an outage that was longer", async () => {
  const start = performance.now();
  const model = createEmbeddingModel({
    provider: "limited",
    model: "limited",
    limits: { inputs: 1 },
    async embed(_request, { signal }) {
      if (performance.now() - start < 5_000) throw refusal;
      // Of the calls that have waited longest, none has so much time left.
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(resolve, 300);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          reject(signal.reason);
        });
      });
      return { embeddings: [{ index: 0, embedding: [1, 1] }] };
    },
  });
  const answeredAt: number[] = [];
  for (let sent = 0; sent < 60; sent++) {
    model.getQueryEmbedding(`text ${sent}`, { totalTimeout: 3_000 }).then(
      () => answeredAt.push(performance.now() - start),
      () => {},
    );
    await vi.advanceTimersByTimeAsync(200);
  }
  await vi.runAllTimersAsync();
  // The last probe before is at 4 s at the earliest, the next one 5 s later at the latest.
  expect(answeredAt[0]).toBeLessThan(11_000);
  expect(answeredAt.length).toBeGreaterThan(20);
});

describe("callers that leave after three seconds", () => {
  it.each([undefined, 1_000])(
    "are served again after outages (which ask for a wait of %s)",
    async (retryAfter) => {
      let isDown = false;
      const model = createEmbeddingModel(
        {
          provider: "limited",
          model: "limited",
          limits: { inputs: 1 },
          embed: async (_request, { signal }) => {
            const isRefused = isDown;
            await new Promise((resolve, reject) => {
              setTimeout(resolve, isRefused ? 5 : 300);
              signal.addEventListener("abort", () => reject(signal.reason));
            });
            if (isRefused) throw Object.assign(new Error("slow down"), { status: 429, retryAfter });
            return { embeddings: [{ index: 0, embedding: [1, 2] }] };
          },
        },
        { retry: { maxRefusedTime: 10_000, maxRetryAfter: 10_000 } },
      );
      const counts = { served: 0, failed: 0 };
      const ask = (): void => {
        const controller = new AbortController();
        const timer = setTimeout(() => controller.abort(), 3_000);
        model
          .getQueryEmbedding("a", { signal: controller.signal })
          .then(
            () => counts.served++,
            () => counts.failed++,
          )
          .finally(() => clearTimeout(timer));
      };
      /** Four callers in each second. */
      const askFor = async (seconds: number): Promise<void> => {
        for (let asked = 0; asked < 4 * seconds; asked++) {
          ask();
          // oxlint-disable-next-line no-await-in-loop -- one after another
          await vi.advanceTimersByTimeAsync(250);
        }
      };
      for (const [up, down] of [
        [5, 14],
        [18, 4],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        await askFor(up);
        isDown = true;
        // oxlint-disable-next-line no-await-in-loop
        await askFor(down);
        isDown = false;
      }
      await askFor(15);
      Object.assign(counts, { served: 0, failed: 0 });
      await askFor(20);
      expect(counts).toEqual({ served: expect.any(Number), failed: 0 });
      expect(counts.served).toBeGreaterThan(75);
    },
  );
});

it("loses no call in an outage shorter than maxRefusedTime, whenever it comes", async () => {
  const { model } = modelOf((now) => now > 3_000 && now < 11_000, { retry: { maxRefusedTime: 10_000 } });
  const calls: Promise<unknown>[] = [];
  for (let asked = 0; asked < 80; asked++) {
    calls.push(model.getTextEmbedding(texts[asked]!).catch(String));
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await vi.advanceTimersByTimeAsync(250);
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await Promise.all(calls)).toEqual(expected.slice(0, 80));
});
