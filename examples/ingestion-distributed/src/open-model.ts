import { setTimeout as sleep } from "node:timers/promises";
import type { RateLimiter } from "@llx/async";
import type { EmbeddingModel } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

/**
 * A model with meaningless vectors that cost nothing, and take as long as those of a busy service. Put your provider here:
 * every process opens its own.
 *
 * @param rate the limit that all processes share; the one that only enqueues needs none
 */
export function openModel(rate?: RateLimiter): EmbeddingModel {
  return fakeEmbedding({
    dimensions: 64,
    rate,
    respond: (_request, { signal }) => sleep(1_000, undefined, { signal }),
  });
}
