import type { ChargeOptions, Job, RateLimiter } from "@llx/async";

/** What a request takes of a rate limit, besides itself. */
export interface RequestCharge {
  readonly tokens: number;
  readonly inputs: number;
}

/** The job of one request, with what the request takes of a rate limit. */
export type SizedJob<T> = Job<T> & { readonly charge: RequestCharge };

export function sizedJob<T>(charge: RequestCharge, job: Job<T>): SizedJob<T> {
  return Object.assign(job, { charge });
}

/** What a sized job takes of a rate limit. */
export function chargeOfJob(job: Job<unknown>): RequestCharge {
  return (job as SizedJob<unknown>).charge;
}

/** The options with which jobs take of a limiter what it limits. */
export function chargeOptions<I>(rate: RateLimiter, chargeOf: (input: I) => RequestCharge): ChargeOptions<I> {
  const { tokens, inputs } = rate.state;
  return {
    ...(tokens !== undefined && { tokens: (input: I) => chargeOf(input).tokens }),
    ...(inputs !== undefined && { inputs: (input: I) => chargeOf(input).inputs }),
  };
}
