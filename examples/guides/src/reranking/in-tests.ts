// A reranker for tests, without a service: a text with more of the query's words is ranked higher.
import { fakeReranker } from "@llx/embeddings/testing";

const reranker = fakeReranker({
  retry: { delay: 0 },
  respond(request, { attempt }) {
    console.log("attempt", attempt, "with", request.texts.length, "texts");
    if (attempt === 1) throw new Error("busy");
  },
});
const { results } = await reranker.rerank("a black cat", ["two dogs", "a black bird", "a black cat"]);
console.log(results.map(({ index }) => index));

const mistakes = await Promise.allSettled([
  reranker.rerank("", ["a text"]),
  reranker.rerank("a cat", ["a text", ""]),
  reranker.rerank("a cat", Array<string>(1001).fill("a text")),
]);
for (const each of mistakes) if (each.status === "rejected") console.log((each.reason as Error).message);
await reranker.aclose();
