import type { Usage } from "@llx/callbacks";
import type { AnyEmbedding } from "./element-type.ts";

/** A provider's response after verification: one embedding for each text of the request, in their order. */
export interface VerifiedResponse {
  readonly embeddings: readonly AnyEmbedding[];
  readonly usage: Usage | undefined;
  readonly model: string | undefined;
  readonly requestId: string | undefined;
}
