// The whole public surface for tests.
export { fakeVoyage, type FakeVoyageOptions } from "./fake-voyage.ts";
