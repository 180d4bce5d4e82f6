import type { Job } from "@llx/async";

/** The job of one request, with the tokens that the request takes of a rate limit. */
export type SizedJob<T> = Job<T> & { readonly tokens: number };

export function sizedJob<T>(tokens: number, job: Job<T>): SizedJob<T> {
  return Object.assign(job, { tokens });
}

/** The option `tokens`, where all jobs are sized. */
export function tokensOf(job: Job<unknown>): number {
  return (job as SizedJob<unknown>).tokens;
}
