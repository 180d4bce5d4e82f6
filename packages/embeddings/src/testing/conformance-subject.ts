import type { ElementType } from "../contract/element-type.ts";
import type { EmbeddingModel, InputType } from "../contract/embedding-model.ts";
import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import type { FakeRequest, FakeService } from "./fake-service.ts";

/** What a subject makes its models of. Key and address are empty, and to be left out, where it has no service. */
export interface ConformanceOptions extends EmbeddingModelOptions {
  readonly apiKey: string;
  /** Address of the fake service, as in `http://127.0.0.1:40123`. */
  readonly baseUrl: string;
}

/** A provider whose models are to be tested. */
export interface ConformanceSubject<E extends ElementType = "float"> {
  readonly name: string;
  /** The service that it speaks to. Without one, only the tests that need none are given. */
  readonly service?: FakeService | undefined;
  /** The header in which the service names a request; with it, there are tests for that. */
  readonly requestIdHeader?: string | undefined;
  /** What the texts of a request are embedded for, by its body; with it, there are tests for that. */
  readonly inputTypeOf?: ((request: FakeRequest) => InputType | undefined) | undefined;
  /** Makes a model; all options are to be handed on. */
  create(options: ConformanceOptions): EmbeddingModel<E>;
}

/** One test, for any runner. */
export interface ConformanceTest {
  readonly name: string;
  /** Rejects with an `AssertionError` where the subject does not keep to the contract. */
  readonly run: () => Promise<void>;
}

/** How long the tests of the suite may take. */
export interface ConformanceSettings {
  /** How long one test may take, in milliseconds. Default 10,000. */
  readonly timeLimit?: number | undefined;
}
