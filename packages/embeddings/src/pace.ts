import {
  type ObservedRate,
  type ObservedRates,
  type RateLease,
  RateLimiter,
  type RateLimits,
  type RetryOptions,
} from "@llx/async";
import type { Usage } from "@llx/callbacks";
import type { EmbeddingResponse } from "./embedding-provider.ts";

/** Stands where no limit is known; what the service tells of its limits takes its place. */
const unknownLimits: RateLimits = {
  requests: { limit: 1_000_000_000, interval: 60_000 },
  tokens: { limit: 1_000_000_000_000, interval: 60_000 },
};

const defaultLongestPause = 60_000;

/** Keeps the rate limits of a service, for all requests of a model: those declared, and those it tells. */
export class Pace {
  readonly #limiter: RateLimiter;
  readonly #retryAfter: (error: unknown) => unknown;
  readonly #longestPause: number;
  readonly #learns: boolean;

  /** @param retry which waits a service may ask for: a longer one fails the request, and holds nobody else up */
  constructor(rate: RateLimits | RateLimiter | false | undefined, retry: RetryOptions) {
    this.#limiter = rate instanceof RateLimiter ? rate : new RateLimiter(rate || unknownLimits);
    this.#learns = rate !== false;
    this.#retryAfter = retry.retryAfter ?? ((error) => (error as { retryAfter?: unknown }).retryAfter);
    this.#longestPause = retry.maxRetryAfter ?? defaultLongestPause;
  }

  /** Waits until a request of so many tokens may start. */
  start(tokens: number, signal: AbortSignal): Promise<RateLease> {
    // What is estimated may be more than there ever is: then it takes all there is.
    const most = this.#limiter.state.tokens?.limit ?? 0;
    return this.#limiter.acquire({ tokens: Math.min(tokens, most), signal });
  }

  /** A request was answered. */
  answered(lease: RateLease, usage: Usage | undefined, rateLimits: ObservedRates | undefined): void {
    const tokens = usage?.totalTokens ?? usage?.inputTokens;
    if (tokens !== undefined) lease.settle(tokens);
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
  }

  /** A request has failed: where the service asks to wait, all do. */
  failed(lease: RateLease, error: unknown): void {
    if (typeof error !== "object" || error === null) return;
    const { rateLimits } = error as Pick<EmbeddingResponse, "rateLimits">;
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
    const asked = this.#retryAfter(error);
    if (typeof asked !== "number" || !(asked > 0) || asked > this.#longestPause) return;
    this.#limiter.pauseUntil(Date.now() + asked);
  }

  /** What no limiter can use is no reason to lose an answer. */
  #observe({ requests, tokens }: ObservedRates, lease: RateLease): void {
    if (!this.#learns) return;
    try {
      this.#limiter.observe({ requests: this.#soon(requests), tokens: this.#soon(tokens) }, lease);
    } catch (error) {
      process.emitWarning(`rate limits that a service told of cannot be used: ${String(error)}`, {
        type: "RateLimitsUnused",
        code: "LLX_RATE_LIMITS_UNUSED",
      });
    }
  }

  /**
   * Many services tell when all of a budget will be free again, which may be far beyond the moment when there is
   * enough of it for a request.
   */
  #soon(rate: ObservedRate | undefined): ObservedRate | undefined {
    if (rate?.reset === undefined) return rate;
    return { ...rate, reset: Math.min(rate.reset, this.#longestPause) };
  }
}
