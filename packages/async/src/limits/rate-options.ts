import { describe } from "@llx/support";
import type { ObservedRate, RateLimit } from "./rate-budget.ts";

/** What may start in a time: requests, tokens, or both. */
export type RateLimits =
  | { readonly requests: RateLimit; readonly tokens?: RateLimit | undefined }
  | { readonly requests?: RateLimit | undefined; readonly tokens: RateLimit };

/** What a limiter does beside keeping its limits. */
export interface RateLimiterOptions {
  /** Whether refusals teach it how much a service lets through in a second, ten seconds or a minute. Default true. */
  readonly learn?: boolean | undefined;
}

/** What a service tells in an answer's headers. What there is no budget for does not matter. */
export interface ObservedRates {
  readonly requests?: ObservedRate | undefined;
  readonly tokens?: ObservedRate | undefined;
}

/** What a request will take of a rate. */
export interface RateOptions {
  /** How many tokens the request will take, as far as one knows: a whole number. Default 0. */
  readonly tokens?: number | undefined;
}

/** What a request will take, and how long to wait for leave to send it. */
export interface RateAcquireOptions extends RateOptions {
  /** Its abort ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** What a limiter is doing, for debugging. */
export interface RateState {
  /** How many wait. */
  readonly waiting: number;
  /**
   * How long nobody may start, in milliseconds: for a pause, or until a service that refuses is tried again. 0 for none,
   * `Infinity` until `resume()`.
   */
  readonly pausedFor: number;
  /** For how long the service has answered nothing but refusals, in milliseconds; 0 where it does not refuse. */
  readonly refusedFor: number;
  /** What is free now; below 0 where requests have taken more than was estimated. */
  readonly requests: (RateLimit & { readonly free: number }) | undefined;
  readonly tokens: (RateLimit & { readonly free: number }) | undefined;
}

/** @throws TypeError for what is no object, and for names that are not known */
export function checkNames(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name} must be { requests, tokens }, not ${describe(value)}`);
  }
  const unknown = Object.keys(value).find((key) => key !== "requests" && key !== "tokens");
  if (unknown !== undefined) {
    throw new TypeError(`${name} must be named requests and tokens, not ${JSON.stringify(unknown)}`);
  }
}
