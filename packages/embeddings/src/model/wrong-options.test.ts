import { expect, it } from "vitest";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import { fakeEmbedding } from "../testing/fake-embedding.ts";

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

it("a model says that its cache is a promise", () => {
  expect(() => fakeEmbedding({ cache: Promise.resolve(new Map()) as never })).toThrow(
    "options must be a plain object, not a promise that is not awaited",
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
