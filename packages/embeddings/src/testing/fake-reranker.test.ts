import { expect, it } from "vitest";
import { fakeReranker } from "./fake-reranker.ts";

it("ranks by the words of the query, and counts words", async () => {
  const texts = ["Two dogs.", "A black bird.", "A black cat."];
  const { results, usage, requestId } = await fakeReranker().rerank("a black cat", texts, { topN: 2 });
  expect(results.map(({ index }) => index)).toEqual([2, 1]);
  // The query of three words once for each text, and the texts of 2 + 3 + 3.
  expect(usage).toEqual({ inputTokens: 17, totalTokens: 17 });
  expect(requestId).toBe("fake-request-1");
});

it("shows each request to respond, which may fail it", async () => {
  const seen: unknown[] = [];
  const own = fakeReranker({
    retry: { delay: 0 },
    respond(request, { attempt }) {
      seen.push(request, attempt);
      if (attempt === 1) throw new Error("busy");
    },
  });
  await own.rerank("which?", ["a"]);
  const request = { query: "which?", texts: ["a"], topN: undefined, truncate: false };
  expect(seen).toEqual([request, 1, request, 2]);
});
