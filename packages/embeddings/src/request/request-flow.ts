import { AdaptiveLimiter, type RateLimits, type RetryOptions, Semaphore } from "@llx/async";
import type { EmbeddingModelOptions } from "../contract/embedding-model-options.ts";
import { Pace } from "./pace.ts";

const defaultWorkers = 4;
const defaultTimeout = 60_000;
/** In less time, in milliseconds, a service may be unable to process several requests one after another. */
const shortTimeout = 5_000;

/** What admits the requests of a model, and how often and how long each is tried. */
interface RequestFlow {
  readonly pace: Pace;
  readonly workers: Semaphore | AdaptiveLimiter;
  readonly retry: RetryOptions;
  /** Milliseconds for one attempt. */
  readonly timeout: number;
}

/** By the rate limits that the provider declares, and by the options of the model. */
export function openFlow(
  { provider, rateLimits }: { readonly provider: string; readonly rateLimits?: RateLimits | undefined },
  options: Pick<EmbeddingModelOptions, "workers" | "retry" | "rate" | "timeout">,
): RequestFlow {
  const { rate = rateLimits, retry = {}, timeout = defaultTimeout } = options;
  const label = `requests to ${provider}`;
  const adaptive = options.workers === undefined && !rate;
  const { workers = defaultWorkers } = options;
  return {
    pace: new Pace(rate, retry),
    workers:
      typeof workers === "object"
        ? workers
        : adaptive
          ? new AdaptiveLimiter({ initial: timeout < shortTimeout ? 2 : workers, timeout, label })
          : new Semaphore(workers, { label }),
    retry,
    timeout,
  };
}
