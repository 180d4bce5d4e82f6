// The whole public surface.
export { mistralBatches, type MistralBatchesOptions } from "./mistral-batches.ts";
