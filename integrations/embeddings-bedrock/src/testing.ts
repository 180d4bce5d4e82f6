// The whole public surface for tests.
export { fakeBedrock, type FakeBedrockOptions } from "./fake-bedrock.ts";
