import { setTimeout as wait } from "node:timers/promises";
import { type Embedding, type EmbeddingModel, topK } from "@llx/embeddings";
import type { Retriever } from "./retrieve.ts";
import type { Store } from "./store.ts";

const most = 10;

/** Two searches of a store, and two services: one that hangs at times, and one that fails at times. */
export function openRetrievers(
  store: Store,
  model: EmbeddingModel,
  embeddings: readonly Embedding[],
): readonly Retriever[] {
  const similar = async (question: string, signal: AbortSignal): Promise<readonly number[]> => {
    const vector = await model.getQueryEmbedding(question, { signal });
    return topK(vector, embeddings, most).map(({ index }) => index);
  };
  return [
    {
      name: "vectors",
      limit: 1_000,
      async find(question, signal) {
        return store.nearest(await model.getQueryEmbedding(question, { signal }), most);
      },
    },
    { name: "words", limit: 1_000, find: (question) => store.matching(question, most) },
    {
      name: "archive",
      limit: 60,
      async find(question, signal) {
        const hangs = question.length % 2 === 1;
        await wait(hangs ? 600_000 : 30, undefined, { signal });
        return similar(question, signal);
      },
    },
    {
      name: "graph",
      limit: 1_000,
      async find(question, signal) {
        if (question.length % 5 === 0) throw new Error("its index is being rebuilt");
        return similar(question, signal);
      },
    },
  ];
}
