// The whole public surface for tests.
export { fakeOpenai, type FakeOpenaiOptions } from "./fake-openai.ts";
export { fakeOpenaiBatches, type FakeOpenaiBatchesOptions } from "./fake-openai-batches.ts";
