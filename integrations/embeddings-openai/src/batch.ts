// The whole public surface.
export { openaiBatches, type OpenaiBatchesOptions } from "./openai-batches.ts";
