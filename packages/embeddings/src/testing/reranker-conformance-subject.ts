import type { RerankLimits } from "../rerank/rerank-limits.ts";
import type { Reranker } from "../rerank/reranker.ts";
import type { RerankerOptions } from "../rerank/reranker-options.ts";
import type { FakeService } from "./fake-service.ts";

/** The options for the rerankers of a subject. Without a service, key and address are empty; ignore them. */
export interface RerankerConformanceOptions extends RerankerOptions {
  readonly apiKey: string;
  /** Address of the fake service, as in `http://127.0.0.1:40123`. */
  readonly baseUrl: string;
}

/** A reranker to test. */
export interface RerankerConformanceSubject {
  readonly name: string;
  /** The service that it calls, with its part `rerank`. Without one, only tests that need no service apply. */
  readonly service?: FakeService | undefined;
  /** The header with the service's id of a request; enables the tests for it. */
  readonly requestIdHeader?: string | undefined;
  /** Declared limits that the service itself does not enforce. That it accepts more is not tested. */
  readonly unenforced?: readonly (keyof RerankLimits)[] | undefined;
  /** Creates a reranker; pass on all options. */
  create(options: RerankerConformanceOptions): Reranker;
}
