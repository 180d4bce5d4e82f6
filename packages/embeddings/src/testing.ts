// The whole public surface. An addition needs a reason.
export { batchConformance, registerBatchConformance } from "./testing/batch-conformance.ts";
export type {
  BatchConformanceOptions,
  BatchConformanceSubject,
} from "./testing/batch-conformance-subject.ts";
export {
  type BatchCounts,
  type BatchFault,
  type BatchServer,
  type BatchServerOptions,
  startBatchServer,
} from "./testing/batches/batch-server.ts";
export { batchOperations } from "./testing/batches/batch-operations.ts";
export type { FakeBatchHooks } from "./testing/batches/batch-store.ts";
export type {
  BatchOperation,
  FakeBatchItem,
  FakeBatchRequest,
  FakeBatchService,
  FakeUpload,
} from "./testing/batches/fake-batch-service.ts";
export type {
  FakeBatchLimits,
  FakeBatchProblem,
  FakeBatchStore,
  FakeBatchTimes,
  FakeBatchView,
  StoredBatch,
  StoredFile,
} from "./testing/batches/fake-batch-store.ts";
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
export type { FakeRerankDefinition } from "./testing/define-rerank-part.ts";
export { embeddingConformance } from "./testing/embedding-conformance.ts";
export {
  type EmbeddingServer,
  type EmbeddingServerOptions,
  type ServedRequest,
  startEmbeddingServer,
} from "./testing/embedding-server.ts";
export { fakeEmbedding, type FakeEmbeddingOptions } from "./testing/fake-embedding.ts";
export type {
  FakeAsk,
  FakeItem,
  FakeRanked,
  FakeReply,
  FakeRequest,
  FakeRerankAsk,
  FakeRerankPart,
  FakeService,
} from "./testing/fake-service.ts";
export { fakeReranker, type FakeRerankerOptions } from "./testing/fake-reranker.ts";
export { fakeScore } from "./testing/fake-score.ts";
export { fakeVector, fakeVectorOf } from "./testing/fake-vector.ts";
export type { FakeFields, FakeFieldValues } from "./testing/field-problem.ts";
export type { Fault, PlannedFault } from "./testing/fault.ts";
export { type ConformanceRunner, registerConformance } from "./testing/register-conformance.ts";
export { registerRerankerConformance, rerankerConformance } from "./testing/reranker-conformance.ts";
export type {
  RerankerConformanceOptions,
  RerankerConformanceSubject,
} from "./testing/reranker-conformance-subject.ts";
