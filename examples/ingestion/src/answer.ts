import type { CallbackManager } from "@llx/callbacks";
import type { EmbeddingModel } from "@llx/embeddings";
import type { Store } from "./store.ts";

export interface AnswerOptions {
  readonly store: Store;
  readonly model: EmbeddingModel;
  readonly manager: CallbackManager;
  readonly signal: AbortSignal;
}

/** Prints the passages most similar to a question. */
export async function answer(query: string, { store, model, manager, signal }: AnswerOptions): Promise<void> {
  await manager.event("query", { content: { query } }, async () => {
    const vector = await model.getQueryEmbedding(query, { signal });
    const start = performance.now();
    const found = await manager.event("retrieve", { topK: 3 }, () => store.nearest(vector, 3));
    console.log(`\n? ${query} (found in ${(performance.now() - start).toFixed(1)} ms)`);
    for (const { path, line, text, score } of found) {
      console.log(`  ${score.toFixed(3)}  ${path}:${line}\n         ${text.slice(0, 100)}`);
    }
  });
}
