// The whole public surface for tests.
export { fakeIsaacus, type FakeIsaacusOptions } from "./fake-isaacus.ts";
