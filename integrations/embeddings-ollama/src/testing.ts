// The whole public surface for tests.
export { fakeOllama, type FakeOllamaOptions } from "./fake-ollama.ts";
