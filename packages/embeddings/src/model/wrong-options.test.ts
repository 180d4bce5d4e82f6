import { expect, it } from "vitest";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import { coalesce } from "../coalesce/coalesce.ts";
import { fakeEmbedding } from "../testing/fake-embedding.ts";
import { fakeReranker } from "../testing/fake-reranker.ts";

const shared = coalesce(fakeEmbedding());

it.each<[string, (options: never) => unknown]>([
  ["a text", (options) => fakeEmbedding().getTextEmbedding("a", options)],
  ["a query", (options) => fakeEmbedding().getQueryEmbedding("a", options)],
  ["a shared text", (options) => shared.getTextEmbedding("a", options)],
  ["a shared query", (options) => shared.getQueryEmbedding("a", options)],
  ["texts", (options) => fakeEmbedding().getTextEmbeddingBatch(["a"], options)],
  ["a stream", (options) => fakeEmbedding().streamTextEmbeddings(["a"], options)],
  ["an estimate", (options) => fakeEmbedding().estimate(["a"], options)],
  ["a reranking", (options) => fakeReranker().rerank("a", ["a"], options)],
])("%s refuses a signal, a list or null in place of options", async (_name, call) => {
  const given = async (options: unknown): Promise<unknown> => call(options as never);
  await expect(given(new AbortController().signal)).rejects.toThrow(
    new TypeError("options must be a plain object, not an AbortSignal: pass it as { signal }"),
  );
  await expect(given([])).rejects.toThrow(
    new TypeError("options must be a plain object, not an object (Array)"),
  );
  await expect(given(null)).rejects.toThrow(new TypeError("options must be an object, not null"));
});

it.each([fakeEmbedding(), shared])(
  "a call with one text has no options of calls with many",
  async (model) => {
    const given = (options: object) => model.getTextEmbedding("a", options);
    await expect(given({ settle: true })).rejects.toThrow(
      new TypeError(
        "there is no option settle; only calls with many texts have it; a call with one text throws the error of that text",
      ),
    );
    await expect(given({ workers: 3 })).rejects.toThrow(
      "only calls with many texts have it; those of the model are set where it is created",
    );
    await expect(given({ inputType: "query" })).rejects.toThrow(
      "there is no option inputType; getTextEmbedding embeds a document, getQueryEmbedding a query; getTextEmbeddingBatch " +
        "takes any inputType",
    );
  },
);

it("a stream refuses a bar that it would not show", () => {
  const model = fakeEmbedding();
  const options = { showProgress: true };
  expect(() => model.streamTextEmbeddings(["a"], options as object)).toThrow(
    "a stream has no showProgress, as it does not know how many texts there are: use startProgress of @llx/async",
  );
  expect(() =>
    model.streamTextEmbeddings(["a"], { ...options, showProgress: false } as object),
  ).not.toThrow();
});

it("a call says that its time-out has another name than that of an attempt", async () => {
  await expect(fakeEmbedding().getTextEmbedding("a", { timeout: 5 } as object)).rejects.toThrow(
    "there is no option timeout; it is called totalTimeout; timeout is an option of the model, for each attempt",
  );
});

it.each<[unknown, string]>([
  [[], "an object (Array)"],
  [[new Map()], "an object (Array)"],
  [Promise.resolve(new Map()), "a promise that is not awaited"],
  ["folder", "a string"],
  [{}, "an object (Object)"],
])("a model says what a cache is in place of %o", (cache, kind) => {
  expect(() => fakeEmbedding({ cache: cache as never })).toThrow(
    new TypeError(
      "cache must be true, a store with get and set (new Map(), a Keyv), memoryStore(), or { store, … }, not " +
        kind,
    ),
  );
});

it("an error of a batch says which texts the request had that failed", () => {
  const cause = new Error("input[1] is not allowed");
  const failed = [0, 1].map((index) => ({ index, error: cause }));
  const partial = { embeddings: [undefined, undefined], failed, usage: undefined, requestIds: [] } as never;
  expect(new EmbeddingBatchError(cause, partial).message).toBe(
    "input[1] is not allowed; 2 of 2 texts have no embedding (see failed; the first to fail were those from texts[0] to " +
      "texts[1]). The others are in partial; settle: true continues after a failure",
  );
});
