import { RateLimiter } from "@llx/async";
import { checkCount, checkMilliseconds, checkOptions, describe } from "./checks.ts";
import { type StandardSchema, validate } from "./standard-schema.ts";

/** What the handler of a job is told of it. */
export interface JobHandlerContext {
  /** The job's id, a UUID: the same in each attempt. */
  readonly id: string;
  /** The key it was enqueued with. */
  readonly key: string | undefined;
  /** Which attempt this is, from 1. One that ended with its process counts too. */
  readonly attempt: number;
  /** Aborted when the job is handed back, takes longer than `timeout`, or runs elsewhere by now. */
  readonly signal: AbortSignal;
  /**
   * Says how far the job is, as JSON of any shape. The last word is stored with the next heartbeat, every 3 seconds, for
   * the queue's `running` to show.
   *
   * @throws TypeError or RangeError for what cannot be stored
   */
  readonly progress: (value: unknown) => void;
}

/** How often a job is tried, in whichever process. */
export interface JobRetryOptions {
  /** How many attempts there are at the most. Default 3; 1 for no second one. */
  readonly attempts?: number | undefined;
  /**
   * Milliseconds before the second attempt, rounded up to whole seconds; twice as much after each further
   * failure, and a random part of it. Default 1,000.
   */
  readonly delay?: number | undefined;
  /** The longest wait, in milliseconds. Default 60,000. */
  readonly maxDelay?: number | undefined;
}

/** How jobs of a kind are tried, limited and kept. */
export interface JobSettings {
  /**
   * How often a failed job is tried. An error whose `retryable` is `false` ends it at once. Let this layer retry
   * or the handler, not both: attempts multiply.
   */
  readonly retry?: JobRetryOptions | undefined;
  /** How many attempts start in a time, in this process. */
  readonly rateLimiter?: RateLimiter | undefined;
  /** How long an attempt may take, in milliseconds; up to 24 hours, which is also the limit without it. */
  readonly timeout?: number | undefined;
  /** The most bytes of JSON of a payload, and of a result. Default 1,048,576. */
  readonly maxPayload?: number | undefined;
  /** How long a finished job is kept, with its result and its key, in milliseconds. Default: for ever. */
  readonly keep?: number | undefined;
}

/** A kind of job, known to those who enqueue and to those who work. */
export interface JobDefinition<Payload, Result> extends JobSettings {
  readonly name: string;
  /** Says what is wrong with a payload, where there is a schema. */
  readonly check: ((payload: Payload, what: () => string) => Promise<unknown>) | undefined;
  /** Validates a payload and handles it, as a worker does. */
  readonly run: (payload: Payload, context: JobHandlerContext) => Promise<Result>;
}

/** Any kind of job. */
export type AnyJob = JobDefinition<never, unknown>;

/** What a kind of job does, and how it is tried and kept. */
export interface JobOptions<Payload, Result> extends JobSettings {
  /** Does the work. What it returns has to be JSON, or `undefined`. */
  readonly handler: (payload: Payload, context: JobHandlerContext) => Result | PromiseLike<Result>;
}

/** `attempts` and waits, as they are without options. */
export const defaultRetry = { attempts: 3, delay: 1_000, maxDelay: 60_000 } as const;
export const defaultMaxPayload = 1_048_576;
const day = 86_400_000;

/**
 * Says how jobs of a kind are done. The name stands in the database: processes that share it share the jobs.
 *
 * With a `schema` (of zod, valibot or any other Standard Schema) payloads are validated when they are enqueued, and
 * again before they are handled, as that may be another version of the program. The handler gets the schema's output.
 *
 * @throws TypeError or RangeError for a name or options that cannot be
 *
 * @example
 * ```ts
 * import { z } from "zod";
 *
 * const resize = defineJob("resize", {
 *   schema: z.object({ path: z.string() }),
 *   handler: async ({ path }, { signal }) => ({ bytes: await resizeImage(path, signal) }),
 * });
 * ```
 */
export function defineJob<Input, Output, Result>(
  name: string,
  options: JobOptions<Output, Result> & { readonly schema: StandardSchema<Input, Output> },
): JobDefinition<Input, Result>;
export function defineJob<Payload, Result>(
  name: string,
  options: JobOptions<Payload, Result> & { readonly schema?: undefined },
): JobDefinition<Payload, Result>;
export function defineJob<Input, Output, Result>(
  name: string,
  options: JobOptions<Output, Result> & { readonly schema?: StandardSchema<Input, Output> | undefined },
): JobDefinition<Input, Result> {
  checkName(name);
  checkJobOptions(options);
  const { handler, schema, ...settings } = options;
  return {
    ...settings,
    name,
    check: schema && ((payload, what) => validate(schema, payload, what)),
    async run(payload, context) {
      const what = (): string => `the payload of job ${context.id} of ${name}`;
      // Without a schema, a payload is taken to be what the handler says.
      const input = schema ? await validate(schema, payload, what) : (payload as unknown as Output);
      return handler(input, context);
    },
  };
}

function checkName(name: unknown): void {
  if (typeof name !== "string") throw new TypeError(`a job's name must be a string, not ${describe(name)}`);
  if (!/^[\w./-]{1,100}$/.test(name)) {
    throw new RangeError(
      `a job's name must have 1 to 100 letters, digits, "_", "-", "." or "/", not ${JSON.stringify(name.slice(0, 120))}`,
    );
  }
}

function checkJobOptions(options: JobOptions<never, unknown> & { readonly schema?: unknown }): void {
  checkOptions(options);
  const { handler, schema, retry = {}, rateLimiter, timeout, maxPayload, keep } = options;
  if (typeof handler !== "function") {
    throw new TypeError(`handler must be a function, not ${describe(handler)}`);
  }
  const standard: unknown = (schema as Partial<StandardSchema> | undefined)?.["~standard"];
  if (schema !== undefined && typeof (standard as { validate?: unknown })?.validate !== "function") {
    throw new TypeError(`schema must be a Standard Schema, as of zod or valibot, not ${describe(schema)}`);
  }
  checkOptions(retry);
  const { attempts, delay, maxDelay } = retry;
  if (attempts !== undefined) checkCount("retry.attempts", attempts);
  if (delay !== undefined) checkMilliseconds("retry.delay", delay, day);
  if (maxDelay !== undefined) checkMilliseconds("retry.maxDelay", maxDelay, day);
  if (rateLimiter !== undefined && !(rateLimiter instanceof RateLimiter)) {
    throw new TypeError(`rateLimiter must be a RateLimiter, not ${describe(rateLimiter)}`);
  }
  if (timeout !== undefined) {
    checkMilliseconds("timeout", timeout, day);
    if (timeout === 0)
      throw new RangeError("timeout must be more than 0 milliseconds; leave it out for none");
  }
  if (maxPayload !== undefined) checkCount("maxPayload", maxPayload);
  if (keep !== undefined) checkMilliseconds("keep", keep);
}
