import { setTimeout as wait } from "node:timers/promises";
import type { AsyncRunContext } from "@llx/async";
import type { EmbeddingModel } from "@llx/embeddings";
import { fakeEmbedding } from "@llx/embeddings/testing";

/** A model without a service: four texts per request, with a response after 10 ms. The run closes it. */
export function openModel({ own }: AsyncRunContext): EmbeddingModel {
  return own(
    fakeEmbedding({
      limits: { inputs: 4 },
      respond: (_request, { signal }) => wait(10, undefined, { signal }),
    }),
  );
}
