import type { Progress } from "@llx/async";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { EmbeddingProvider } from "../index.ts";
import { expected, failureOf, fake, turn } from "../testing/lengths-provider.ts";

afterEach(() => vi.useRealTimers());

/** What a call tells its progress. */
function listener(): { progress: Progress; told: unknown[][] } {
  const told: unknown[][] = [];
  const progress: Progress = {
    start: (...args) => void told.push(["start", ...args]),
    advance: (...args) => void told.push(["advance", ...args]),
    pause: (...args) => void told.push(["pause", ...args]),
    stopping: (...args) => void told.push(["stopping", ...args]),
    stop: () => void told.push(["stop"]),
  };
  return { progress, told };
}

const failing = (fails: (text: string) => boolean, status: number): Partial<EmbeddingProvider> => ({
  limits: { inputs: 4 },
  embed: async ({ texts }) => {
    await turn();
    if (texts.some(fails)) throw Object.assign(new Error("refused"), { status, retryable: false });
    return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
  },
});

describe("the progress of a batch", () => {
  it("counts texts, not requests, and equal texts each", async () => {
    const { model } = fake({ limits: { inputs: 3 } });
    const { progress, told } = listener();
    // Five distinct texts: a, bb, c in the first request, dd and e in the second one.
    const texts = ["a", "bb", "a", "c", "dd", "e", "a"];
    await model.getTextEmbeddingBatch(texts, { showProgress: progress, workers: 1 });
    expect(told).toEqual([["start", 7, "fake texts"], ["advance", 5, 0, 0], ["advance", 2, 0, 0], ["stop"]]);
  });

  it("has the label that the caller gives", async () => {
    const { model } = fake();
    const { progress, told } = listener();
    await model.getTextEmbeddingBatch(["a"], { showProgress: progress, desc: "pages" });
    expect(told[0]).toEqual(["start", 1, "pages"]);
  });

  it("counts texts of the cache in the same bar", async () => {
    const { model } = fake({}, { cache: true });
    await model.getTextEmbeddingBatch(["a", "bb"]);
    const { progress, told } = listener();
    await model.getTextEmbeddingBatch(["a", "bb", "c", "a"], { showProgress: progress });
    expect(told).toEqual([
      ["start", 4, "fake texts"],
      ["advance", 2, 0, 2],
      ["advance", 1, 0, 1],
      ["advance", 1, 0, 0],
      ["stop"],
    ]);
  });

  it("counts failed texts with settle: those that cannot be sent, and those that fail alone", async () => {
    const { model } = fake(failing((text) => text === "bad", 400));
    const { progress, told } = listener();
    const texts = ["a", "bb", " ", "bad", "c", "bad"];
    await model.getTextEmbeddingBatch(texts, { settle: true, showProgress: progress, workers: 1 });
    // One request of a, bb, bad, c; then its halves; then the two texts of the second half.
    expect(told).toEqual([
      ["start", 6, "fake texts"],
      ["advance", 1, 1, 1],
      ["advance", 2, 0, 0],
      ["advance", 2, 2, 0],
      ["advance", 1, 0, 0],
      ["stop"],
    ]);
  });

  it("counts texts that are given up as failed", async () => {
    const { model } = fake(failing(() => true, 400));
    const { progress, told } = listener();
    const texts = Array.from({ length: 64 }, (_, at) => `text ${at}`);
    await model.getTextEmbeddingBatch(texts, { settle: true, showProgress: progress });
    const failed = told.flatMap(([what, , count]) => (what === "advance" ? [count as number] : []));
    expect(failed.reduce((sum, count) => sum + count, 0)).toBe(64);
    expect(told.at(-1)).toEqual(["stop"]);
  });

  it("counts no text of a call that has failed as done, except those with an embedding", async () => {
    const { model } = fake(failing((text) => text === "bad", 400));
    const { progress, told } = listener();
    const texts = ["a", "bb", "c", "dd", "bad", "e"];
    await failureOf(model.getTextEmbeddingBatch(texts, { showProgress: progress, workers: 1 }));
    expect(told).toEqual([
      ["start", 6, "fake texts"],
      ["advance", 4, 0, 0],
      ["stopping", expect.any(Number)],
      ["stop"],
    ]);
  });

  it("reports that the service refuses", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    let refused = false;
    const { model } = fake({
      embed: async ({ texts }) => {
        if (!refused) {
          refused = true;
          throw Object.assign(new Error("busy"), { status: 429, retryable: true, retryAfter: 3000 });
        }
        return { embeddings: texts.map((text, index) => ({ index, embedding: expected(text) })) };
      },
    });
    const { progress, told } = listener();
    const batch = model.getTextEmbeddingBatch(["a"], { showProgress: progress });
    await vi.advanceTimersByTimeAsync(10_000);
    await batch;
    expect(told.map(([what]) => what)).toEqual(["start", "pause", "pause", "advance", "stop"]);
    expect(told[2]).toEqual(["pause", undefined]);
  });

  it("says that a call which was aborted still awaits its requests", async () => {
    const answered = Promise.withResolvers<void>();
    const { model } = fake({
      embed: async () => {
        await answered.promise;
        throw new Error("cut");
      },
    });
    const { progress, told } = listener();
    const controller = new AbortController();
    const batch = model.getTextEmbeddingBatch(["a"], { showProgress: progress, signal: controller.signal });
    await turn();
    controller.abort();
    expect(told.at(-1)?.[0]).toBe("stopping");
    answered.resolve();
    await expect(batch).rejects.toThrow("aborted");
    expect(told.map(([what]) => what)).toEqual(["start", "stopping", "stop"]);
  });

  it("that is none is a TypeError before anything is sent", async () => {
    const { model, requests } = fake();
    const wrong = { showProgress: {} as Progress };
    await expect(model.getTextEmbeddingBatch(["a"], wrong)).rejects.toThrow(TypeError);
    expect(requests).toEqual([]);
  });
});
