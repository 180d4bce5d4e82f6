import { type Job, runJobs } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { Embedding, EmbeddingModel } from "@llx/embeddings";
import { race } from "./race.ts";
import { type Fused, reciprocalRankFusion } from "./reciprocal-rank-fusion.ts";
import type { Store } from "./store.ts";

declare module "@llx/callbacks" {
  interface EventPayloads {
    /** One of the two searches. */
    search: { start: { by: "vector" | "words"; content?: { query: string } }; end: { count?: number } };
  }
}

export interface Parts {
  readonly store: Store;
  /** Replicas of one model. */
  readonly replicas: readonly EmbeddingModel[];
  readonly manager: CallbackManager;
}

/** The ids of the texts that answer a question, best first: searched by meaning and by words at once. */
export function answer(
  question: string,
  { store, replicas, manager }: Parts,
  signal: AbortSignal,
): Promise<Fused[]> {
  const search = (by: "vector" | "words", find: () => Promise<number[]>): Promise<number[]> =>
    manager.event("search", { by, content: { query: question } }, async (event) => {
      const ids = await find();
      event.set({ count: ids.length });
      return ids;
    });
  return manager.event("query", { content: { query: question } }, async () => {
    const rankings = await runJobs(
      [
        async (job) => {
          const vector = await embedAtFirst(question, replicas, job.signal);
          return search("vector", () => store.nearest(vector, 10));
        },
        () => search("words", () => store.matching(question, 10)),
      ],
      { workers: 2, signal },
    );
    return reciprocalRankFusion(rankings);
  });
}

/** Asks all replicas and takes the first response: one slow machine delays no question. */
async function embedAtFirst(
  question: string,
  replicas: readonly EmbeddingModel[],
  signal: AbortSignal,
): Promise<Embedding> {
  const ask =
    (model: EmbeddingModel): Job<Embedding> =>
    (job) =>
      model.getQueryEmbedding(question, { signal: job.signal });
  const { value } = await race(replicas.map(ask), signal);
  return value;
}
