import type {
  AdaptiveLimiter,
  ChargeOptions,
  Job,
  JobOptions,
  RateLimiter,
  RetryOptions,
  Semaphore,
} from "@llx/async";
import type { TextRules } from "../plan/check-text.ts";
import type { EmbedTextsOptions } from "../contract/embedding-model.ts";
import type { EmbeddingCache } from "../cache/embedding-cache.ts";
import type { SingleFlight } from "../cache/single-flight.ts";
import type { RequestCall, Requests } from "./requests.ts";

/** Embeddings of earlier calls, and embeddings being requested. */
export interface ModelCache {
  readonly store: EmbeddingCache;
  readonly singleFlight: SingleFlight;
}

/** What the calls of one model share. */
export interface ModelParts {
  readonly provider: string;
  readonly model: string;
  readonly rules: TextRules;
  readonly requests: Requests;
  readonly workers: Semaphore | AdaptiveLimiter;
  /** Admits requests: by the declared, reported or learned limits, and while the service does not refuse. */
  readonly rate: RateLimiter;
  readonly retry: RetryOptions;
  readonly cache: ModelCache | undefined;
}

/** One call of a model. */
export interface ModelCall extends RequestCall {
  readonly options: EmbedTextsOptions;
  /** Its abort stops the call. */
  readonly signal: AbortSignal;
}

/** For jobs that are sized. */
export type RequestJobOptions = JobOptions & ChargeOptions<Job<unknown>>;

/** How the requests of a call run as jobs. */
export function jobOptions(
  parts: Pick<ModelParts, "provider" | "workers" | "rate" | "retry">,
  {
    options,
    manager,
    signal,
  }: Pick<ModelCall, "manager" | "signal"> & { readonly options: Pick<EmbedTextsOptions, "workers"> },
): JobOptions {
  return {
    workers: options.workers ?? parts.workers,
    rate: parts.rate,
    retry: parts.retry,
    signal,
    desc: `${parts.provider} requests`,
    callbackManager: manager,
  };
}
