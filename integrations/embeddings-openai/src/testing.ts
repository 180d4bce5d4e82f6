// The whole public surface for tests.
export { fakeOpenai, type FakeOpenaiOptions } from "./fake-openai.ts";
