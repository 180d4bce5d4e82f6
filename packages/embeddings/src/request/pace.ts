import {
  isRefusal,
  type ObservedRate,
  type ObservedRates,
  type RateLease,
  RateLimiter,
  type RateLimits,
  retryAfterOf,
  type RetryOptions,
} from "@llx/async";
import type { Usage } from "@llx/callbacks";
import { formatDuration, isObject } from "@llx/support";
import type { RequestCharge } from "./sized-job.ts";
import type { EmbeddingResponse } from "../contract/embedding-provider.ts";

/** Used until the service reports its limits, or they are learned from refusals. */
const unknownLimits: RateLimits = {
  requests: { limit: 1_000_000_000, interval: 60_000 },
  tokens: { limit: 1_000_000_000_000, interval: 60_000 },
};

const defaultLongestPause = 60_000;

/** What errors report about limits. */
interface ReportedLimits extends Pick<EmbeddingResponse, "rateLimits"> {
  readonly limitInterval?: number | undefined;
}

/** Why requests wait, and the error that says so if there is one. */
export interface Delay {
  readonly why: string;
  readonly cause: unknown;
}

/** Enforces the rate limits of a service for all requests of a model: declared, reported and learned. */
export class Pace {
  /** Admits requests. */
  readonly limiter: RateLimiter;
  readonly #isRefusal: (error: unknown) => boolean;
  readonly #retryAfter: (error: unknown) => unknown;
  /** Whether refused requests wait and are retried. */
  readonly #waits: boolean;
  readonly #longestPause: number;
  readonly #learns: boolean;
  #lastRefusal: unknown;

  /** @param retry limits the wait that a service may ask for: a longer one fails the request, and delays no others */
  constructor(rate: RateLimits | RateLimiter | false | undefined, retry: RetryOptions) {
    this.#learns = rate !== false;
    this.limiter =
      rate instanceof RateLimiter ? rate : new RateLimiter(rate || unknownLimits, { learn: this.#learns });
    this.#isRefusal = retry.isRefusal ?? isRefusal;
    this.#retryAfter = retry.retryAfter ?? retryAfterOf;
    this.#waits = (retry.maxRefusedTime ?? (retry.attempts === 1 ? 0 : 1)) > 0;
    this.#longestPause = retry.maxRetryAfter ?? defaultLongestPause;
  }

  /** What to request from the limiter: no more than a limit, which an estimate may exceed, or be lowered below. */
  chargeOf(estimate: number, count: number): RequestCharge {
    const { tokens, inputs } = this.limiter.state;
    return {
      tokens: Math.min(estimate, tokens?.limit ?? Infinity),
      inputs: Math.min(count, inputs?.limit ?? Infinity),
    };
  }

  /** `undefined` if no request waits for the service or its limits. */
  get delay(): Delay | undefined {
    const { refusedFor, waiting, learned } = this.limiter.state;
    if (refusedFor > 0) {
      const why = `the service has refused all requests for ${formatDuration(refusedFor)}`;
      return { why, cause: this.#lastRefusal };
    }
    if (waiting === 0) return undefined;
    const limits = learned.flatMap(({ requests, interval }) =>
      requests === undefined ? [] : `${requests} requests in ${interval / 1000} s`,
    );
    const from = limits.length > 0 ? `, of which refusals have shown ${limits.join(" and ")}` : "";
    return { why: `requests wait for the rate limits${from}`, cause: undefined };
  }

  /** The most texts that may start in one interval. */
  get mostInputs(): number {
    return this.limiter.state.inputs?.limit ?? Infinity;
  }

  /** A request has succeeded. */
  succeeded(lease: RateLease, usage: Usage | undefined, rateLimits: ObservedRates | undefined): void {
    lease.settle(usage?.totalTokens ?? usage?.inputTokens);
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
  }

  /** A request has failed; the service may still report its limits. After a refusal, all requests wait. */
  failed(lease: RateLease, error: unknown): void {
    if (!isObject(error)) return;
    const { rateLimits, limitInterval } = error as ReportedLimits;
    if (rateLimits !== undefined) this.#observe(rateLimits, lease);
    const asked = this.#retryAfter(error);
    const retryAfter =
      typeof asked === "number" && asked > 0 && asked <= this.#longestPause ? asked : undefined;
    const isRefused = this.#isRefusal;
    if (this.#waits && isRefused(error)) {
      this.#lastRefusal = error;
      lease.refused({ retryAfter, interval: limitInterval, cause: error });
    } else if (retryAfter !== undefined) this.limiter.pauseUntil(Date.now() + retryAfter);
  }

  /** Invalid reported limits must not lose a response. */
  #observe({ requests, tokens, inputs }: ObservedRates, lease: RateLease): void {
    if (!this.#learns) return;
    try {
      const rates = {
        requests: this.#soon(requests),
        tokens: this.#soon(tokens),
        inputs: this.#soon(inputs),
      };
      this.limiter.observe(rates, lease);
    } catch (error) {
      process.emitWarning(`a service reported invalid rate limits: ${String(error)}`, {
        type: "RateLimitsUnused",
        code: "LLX_RATE_LIMITS_UNUSED",
      });
    }
  }

  /**
   * Many services report when the whole budget will be free again, which may be long after there is enough for a
   * request.
   */
  #soon(rate: ObservedRate | undefined): ObservedRate | undefined {
    if (rate?.reset === undefined) return rate;
    return { ...rate, reset: Math.min(rate.reset, this.#longestPause) };
  }
}
