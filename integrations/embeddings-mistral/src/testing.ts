// The whole public surface for tests.
export { fakeMistral, type FakeMistralOptions } from "./fake-mistral.ts";
export { fakeMistralBatches, type FakeMistralBatchesOptions } from "./fake-mistral-batches.ts";
