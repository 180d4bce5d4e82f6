import type { Job } from "@llx/async";

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

/** What the job of a request takes, where all jobs are sized. */
export const sizedCharges = {
  tokens: (job: Job<unknown>): number => (job as SizedJob<unknown>).charge.tokens,
  inputs: (job: Job<unknown>): number => (job as SizedJob<unknown>).charge.inputs,
};
