// The whole public surface. An addition needs a reason.
export type {
  ConformanceOptions,
  ConformanceSettings,
  ConformanceSubject,
  ConformanceTest,
} from "./testing/conformance-subject.ts";
export {
  defineFakeService,
  type FakeServiceDefinition,
  type FakeTexts,
} from "./testing/define-fake-service.ts";
export { embeddingConformance } from "./testing/embedding-conformance.ts";
export {
  type EmbeddingServer,
  type EmbeddingServerOptions,
  type ServedRequest,
  startEmbeddingServer,
} from "./testing/embedding-server.ts";
export { fakeEmbedding, type FakeEmbeddingOptions } from "./testing/fake-embedding.ts";
export type { FakeAsk, FakeItem, FakeReply, FakeRequest, FakeService } from "./testing/fake-service.ts";
export { fakeVector, fakeVectorOf } from "./testing/fake-vector.ts";
export type { FakeFields, FakeFieldValues } from "./testing/field-problem.ts";
export type { Fault, PlannedFault } from "./testing/fault.ts";
export { type ConformanceRunner, registerConformance } from "./testing/register-conformance.ts";
