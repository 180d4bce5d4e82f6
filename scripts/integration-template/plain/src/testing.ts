// The whole public surface for tests.
export { fakeSampleProvider, type FakeSampleProviderOptions } from "./fake-sample-provider.ts";
