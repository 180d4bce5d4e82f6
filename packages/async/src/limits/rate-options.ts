import type { LearnedLimit } from "../refusals/learned-windows.ts";
import { checkBoolean, checkNames, describe, type NamesOf } from "@llx/support";
import type { ObservedRate, RateLimit } from "./known-limit.ts";

/** The budgets of a service. Most count requests and tokens; some count the inputs of all requests, such as texts. */
interface Budgets<T> {
  readonly requests?: T | undefined;
  readonly tokens?: T | undefined;
  readonly inputs?: T | undefined;
}

/** How much may start per interval: at least one of requests, tokens and inputs. */
export type RateLimits = Budgets<RateLimit> &
  ({ readonly requests: RateLimit } | { readonly tokens: RateLimit } | { readonly inputs: RateLimit });

/** Other options of a limiter. */
export interface RateLimiterOptions {
  /**
   * Whether it learns from refusals how much a service accepts per second, ten seconds or minute.
   *
   * @default true
   */
  readonly learn?: boolean | undefined;
}

/** What a service reports in the headers of a response. Budgets that the limiter does not limit are ignored. */
export interface ObservedRates extends Budgets<ObservedRate> {}

/** The charge of a request. */
export interface RateOptions {
  /**
   * How many tokens the request is expected to use: a whole number from 0. Required if only tokens are limited.
   *
   * @default 0
   */
  readonly tokens?: number | undefined;
  /**
   * How many inputs the request contains, such as the texts of a batch: a whole number from 0.
   *
   * @default 1
   */
  readonly inputs?: number | undefined;
}

/** The charge of a request, and what ends its wait. */
export interface RateAcquireOptions extends RateOptions {
  /** Aborting it ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/** A snapshot of a limiter, for debugging. */
export interface RateState {
  /** How many requests wait. */
  readonly waiting: number;
  /**
   * How long until a request may start, in milliseconds: because of a pause, or until the next probe of a refusing
   * service. 0 if requests may start, `Infinity` until `resume()`.
   */
  readonly pausedFor: number;
  /** For how long the service has refused every request, in milliseconds; 0 if it does not refuse. */
  readonly refusedFor: number;
  /** How many requests the service has refused until now. */
  readonly refused: number;
  /** The limits that were learned from refusals: how many requests or tokens start in a window of so many milliseconds. */
  readonly learned: readonly LearnedLimit[];
  /** The limit, and `free`, what is left of it now: negative if requests have used more than estimated. */
  readonly requests: (RateLimit & { readonly free: number }) | undefined;
  readonly tokens: (RateLimit & { readonly free: number }) | undefined;
  readonly inputs: (RateLimit & { readonly free: number }) | undefined;
}

const names: NamesOf<Budgets<unknown>> = { requests: true, tokens: true, inputs: true };
const optionNames: NamesOf<RateLimiterOptions> = { learn: true };
/** The names of what `tryAcquire` takes. */
export const chargeNames: NamesOf<RateOptions> = { tokens: true, inputs: true };
/** The names of what `acquire` takes. */
export const acquireNames: NamesOf<RateAcquireOptions> = { ...chargeNames, signal: true };

const within = "pass { requests: { limit, interval } }";
const perMinute = (name: string): string => `pass ${name}: { limit, interval: 60_000 }`;
const foreignNames: Readonly<Record<string, string>> = {
  limit: within,
  interval: within,
  intervalCap: within,
  minTime: within,
  reservoir: within,
  maxConcurrent: "it is workers, or a Semaphore",
  texts: "it is called inputs",
  requestsPerMinute: perMinute("requests"),
  rpm: perMinute("requests"),
  tokensPerMinute: perMinute("tokens"),
  tpm: perMinute("tokens"),
};

/** @throws TypeError for invalid options */
export function checkLimiterOptions(options: RateLimiterOptions): void {
  checkNames(options, optionNames);
  checkBoolean("learn", options.learn);
}

/** @throws TypeError for anything but an object with these properties */
export function checkBudgets(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name} must be { requests, tokens, inputs }, not ${describe(value)}`);
  }
  checkNames(value, names, foreignNames, `${name}.`);
}
