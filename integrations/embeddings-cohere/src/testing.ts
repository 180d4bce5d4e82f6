// The whole public surface for tests.
export { fakeCohere, type FakeCohereOptions } from "./fake-cohere.ts";
