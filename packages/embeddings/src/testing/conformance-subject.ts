import type { ElementType } from "../contract/element-type.ts";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { EmbeddingModel, InputType } from "../contract/embedding-model.ts";
import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import type { FakeRequest, FakeService } from "./fake-service.ts";

/** The options for the models of a subject. Without a service, key and address are empty; ignore them. */
export interface ConformanceOptions<E extends ElementType = ElementType> extends EmbeddingModelOptions {
  readonly apiKey: string;
  /** Address of the fake service, as in `http://127.0.0.1:40123`. */
  readonly baseUrl: string;
  /** Only given where the model declares several element types, for those that no other subject has. */
  readonly elementType?: E;
  /** Only given to try each declared number of dimensions. */
  readonly dimensions?: number;
}

/** A provider to test. */
export interface ConformanceSubject<E extends ElementType = "float"> {
  readonly name: string;
  /** The service that it calls. Without one, only tests that need no service apply. */
  readonly service?: FakeService | undefined;
  /** The header with the service's id of a request; enables the tests for it. */
  readonly requestIdHeader?: string | undefined;
  /** Reads the input type of a request from its body; enables the tests for it. */
  readonly inputTypeOf?: ((request: FakeRequest) => InputType | undefined) | undefined;
  /**
   * Declared limits that the service itself does not enforce: it cuts silently what is above, or the limit is a choice
   * of the model. That it accepts more is not tested.
   */
  readonly unenforced?: readonly (keyof EmbeddingLimits)[] | undefined;
  /**
   * `"none"` for a service that reports no tokens: characters, searches and credits are none. Then the model must return no
   * usage.
   */
  readonly usage?: "none" | undefined;
  /**
   * The headers, with their values, in which the service says that 7 requests are left of its rate limit, for at least 40 seconds;
   * `"none"` for a service that never reports its limits. Default: `x-ratelimit-remaining-requests` and its like, which `HttpClient`
   * reads.
   */
  readonly rateLimits?: Readonly<Record<string, string>> | "none" | undefined;
  /** Creates a model; pass on all options. */
  create(options: ConformanceOptions<E>): EmbeddingModel<E>;
}

/** One test, for any runner. */
export interface ConformanceTest {
  readonly name: string;
  /** Rejects with an `AssertionError` where the subject breaks the contract. */
  readonly run: () => Promise<void>;
}

/** Settings of the suite. */
export interface ConformanceSettings {
  /**
   * Milliseconds for one test.
   *
   * @default 10_000
   */
  readonly timeLimit?: number | undefined;
}
