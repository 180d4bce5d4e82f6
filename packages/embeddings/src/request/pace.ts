import {
  isRefusal,
  type ObservedRate,
  type ObservedRates,
  type RateLease,
  RateLimiter,
  type RateLimits,
  type RetryOptions,
} from "@llx/async";
import type { Usage } from "@llx/callbacks";
import type { EmbeddingResponse } from "../contract/embedding-provider.ts";

/** Stands where no limit is known; what the service tells of its limits, or shows by refusals, takes its place. */
const unknownLimits: RateLimits = {
  requests: { limit: 1_000_000_000, interval: 60_000 },
  tokens: { limit: 1_000_000_000_000, interval: 60_000 },
};

const defaultLongestPause = 60_000;

/** What errors tell of limits. */
interface Told extends Pick<EmbeddingResponse, "rateLimits"> {
  readonly limitInterval?: number | undefined;
}

/** Keeps the rate limits of a service, for all requests of a model: those declared, and those it tells. */
export class Pace {
  /** Lets requests start. */
  readonly limiter: RateLimiter;
  readonly #isRefusal: (error: unknown) => boolean;
  readonly #retryAfter: (error: unknown) => unknown;
  /** Whether refusals are waited out. */
  readonly #waits: boolean;
  readonly #longestPause: number;
  readonly #learns: boolean;

  /** @param retry which waits a service may ask for: a longer one fails the request, and holds nobody else up */
  constructor(rate: RateLimits | RateLimiter | false | undefined, retry: RetryOptions) {
    this.#learns = rate !== false;
    this.limiter =
      rate instanceof RateLimiter ? rate : new RateLimiter(rate || unknownLimits, { learn: this.#learns });
    this.#isRefusal = retry.isRefusal ?? isRefusal;
    this.#retryAfter = retry.retryAfter ?? ((error) => (error as { retryAfter?: unknown }).retryAfter);
    this.#waits = (retry.maxRefusedTime ?? (retry.attempts === 1 ? 0 : 1)) > 0;
    this.#longestPause = retry.maxRetryAfter ?? defaultLongestPause;
  }

  /** How many tokens to ask the limiter for: what is estimated may be more than there ever is. */
  tokensFor(estimate: number): number {
    const { tokens } = this.limiter.state;
    return tokens === undefined ? estimate : Math.min(estimate, tokens.limit);
  }

  /** A request was answered. */
  succeeded(lease: RateLease, usage: Usage | undefined, rateLimits: ObservedRates | undefined): void {
    lease.settle(usage?.totalTokens ?? usage?.inputTokens);
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
  }

  /** A request has failed: the service may tell of its limits all the same. Where it refuses, all wait from now on. */
  failed(lease: RateLease, error: unknown): void {
    if (typeof error !== "object" || error === null) return;
    const { rateLimits, limitInterval } = error as Told;
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
    const asked = this.#retryAfter(error);
    const retryAfter =
      typeof asked === "number" && asked > 0 && asked <= this.#longestPause ? asked : undefined;
    const isRefused = this.#isRefusal;
    if (this.#waits && isRefused(error)) lease.refused({ retryAfter, interval: limitInterval });
    else if (retryAfter !== undefined) this.limiter.pauseUntil(Date.now() + retryAfter);
  }

  /** What no limiter can use is no reason to lose an answer. */
  #observe({ requests, tokens }: ObservedRates, lease: RateLease): void {
    if (!this.#learns) return;
    try {
      this.limiter.observe({ requests: this.#soon(requests), tokens: this.#soon(tokens) }, lease);
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
