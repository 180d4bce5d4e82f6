import type {
  AdaptiveLimiter,
  Job,
  JobOptions,
  RateLimiter,
  RetryOptions,
  Semaphore,
  TokensOption,
} from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import type { TextRules } from "../plan/check-text.ts";
import type { EmbedTextsOptions, InputType } from "../contract/embedding-model.ts";
import type { EmbeddingCache } from "../cache/embedding-cache.ts";
import type { InFlight } from "../cache/single-flight.ts";
import type { Requests } from "./requests.ts";
import { tokensOf } from "./sized-job.ts";

/** Embeddings of before, and those that are on their way. */
export interface ModelCache {
  readonly store: EmbeddingCache;
  readonly inFlight: InFlight;
}

/** What the calls of one model share. */
export interface ModelParts {
  readonly provider: string;
  readonly model: string;
  readonly rules: TextRules;
  readonly requests: Requests;
  readonly workers: Semaphore | AdaptiveLimiter;
  /** Lets requests start: by the limits that were declared, told or learned, and while the service does not refuse. */
  readonly rate: RateLimiter;
  readonly retry: RetryOptions;
  readonly cache: ModelCache | undefined;
}

/** One call of a model. */
export interface ModelCall {
  readonly options: EmbedTextsOptions;
  readonly inputType: InputType;
  readonly manager: CallbackManager;
  /** Tells the call to stop. */
  readonly signal: AbortSignal;
}

/** For jobs that are sized. */
export type RequestOptions = JobOptions & TokensOption<Job<unknown>>;

/** How the requests of a call run as jobs. */
export function jobOptions(parts: ModelParts, { options, manager, signal }: ModelCall): RequestOptions {
  return {
    workers: options.workers ?? parts.workers,
    rate: parts.rate,
    tokens: tokensOf,
    retry: parts.retry,
    signal,
    desc: `${parts.provider} requests`,
    callbackManager: manager,
  };
}
