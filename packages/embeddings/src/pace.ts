import { type ObservedRates, type RateLease, RateLimiter, type RateLimits } from "@llx/async";
import type { EmbeddingResponse } from "./embedding-provider.ts";

/** Stands where no limit is known; what the service tells of its limits takes its place. */
const unknownLimits: RateLimits = {
  requests: { limit: 1_000_000_000, interval: 60_000 },
  tokens: { limit: 1_000_000_000_000, interval: 60_000 },
};

/** Keeps the rate limits of a service, for all requests of a model: those declared, and those it tells. */
export class Pace {
  readonly #limiter: RateLimiter;
  readonly #longestPause: number;

  /** @param longestPause milliseconds; a service that asks for a longer one fails the request, not the others */
  constructor(rate: RateLimits | RateLimiter | undefined, longestPause: number) {
    this.#limiter = rate instanceof RateLimiter ? rate : new RateLimiter(rate ?? unknownLimits);
    this.#longestPause = longestPause;
  }

  /** Waits until a request of so many tokens may start. */
  start(tokens: number, signal: AbortSignal): Promise<RateLease> {
    // What is estimated may be more than there ever is: then it takes all there is.
    const most = this.#limiter.state.tokens?.limit ?? 0;
    return this.#limiter.acquire({ tokens: Math.min(tokens, most), signal });
  }

  /** A request was answered. */
  answered(lease: RateLease, { usage, rateLimits }: EmbeddingResponse): void {
    const tokens = usage?.totalTokens ?? usage?.inputTokens;
    if (tokens !== undefined) lease.settle(tokens);
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
  }

  /** A request has failed: where the service asks to wait, all do. */
  failed(lease: RateLease, error: unknown): void {
    if (typeof error !== "object" || error === null) return;
    const { rateLimits, retryAfter } = error as Pick<EmbeddingResponse, "rateLimits"> & {
      retryAfter?: unknown;
    };
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
    if (typeof retryAfter !== "number" || !(retryAfter > 0) || retryAfter > this.#longestPause) return;
    this.#limiter.pauseUntil(Date.now() + retryAfter);
  }

  /** What no limiter can use is no reason to lose an answer. */
  #observe(rates: ObservedRates, lease: RateLease): void {
    try {
      this.#limiter.observe(rates, lease);
    } catch (error) {
      process.emitWarning(`rate limits that a service told of cannot be used: ${String(error)}`, {
        type: "RateLimitsUnused",
        code: "LLX_RATE_LIMITS_UNUSED",
      });
    }
  }
}
