// The whole public surface for tests.
export { fakeGemini, type FakeGeminiOptions } from "./fake-gemini.ts";
