import { RateLimiter } from "@llx/async";
import {
  checkCount,
  checkMilliseconds,
  checkNames,
  checkTimeout,
  describeKind,
  type NamesOf,
} from "@llx/support";
import { type StandardSchema, validate } from "./standard-schema.ts";

/** What the handler of a job receives besides the payload. */
export interface JobHandlerContext {
  /** The job's id, a UUID: the same in each attempt. */
  readonly id: string;
  /** The key it was enqueued with. */
  readonly key: string | undefined;
  /** Which attempt this is, from 1. One that ended with its process counts too. */
  readonly attempt: number;
  /** Aborted when the job is handed back, exceeds its `timeout`, or was requeued for other workers. */
  readonly signal: AbortSignal;
  /**
   * Reports the progress of the job, as JSON of any shape. The latest value is stored with the next heartbeat, every 3
   * seconds, and shown by the queue's `running`.
   *
   * @throws TypeError or RangeError for a value that cannot be stored
   */
  readonly progress: (value: unknown) => void;
}

/** How a failed job is retried, in any process. */
export interface JobRetryOptions {
  /**
   * The maximum number of attempts; 1 for no retries.
   *
   * @default 3
   */
  readonly attempts?: number | undefined;
  /**
   * Milliseconds before the second attempt, rounded up to whole seconds. It doubles with each further failure, and the
   * wait is a random part of it.
   *
   * @default 1_000
   */
  readonly delay?: number | undefined;
  /**
   * The longest wait, in milliseconds.
   *
   * @default 60_000
   */
  readonly maxDelay?: number | undefined;
}

/** How jobs of a kind are retried, limited and kept. */
export interface JobSettings {
  /**
   * How a failed job is retried. An error whose `retryable` is `false` ends it at once. Retry either here or in the
   * handler: otherwise attempts multiply.
   */
  readonly retry?: JobRetryOptions | undefined;
  /**
   * How many attempts may start per interval: a `RateLimiter` of this process, or one that all processes share. A job
   * waits for it after it is claimed.
   */
  readonly rate?: RateLimiter | undefined;
  /**
   * How many jobs of this kind run at once, over all processes. Each process applies the number that it was given.
   *
   * @default no limit but the workers
   */
  readonly concurrency?: number | undefined;
  /**
   * How many jobs of one tenant run at once, over all processes. It needs `tenant`.
   *
   * @default no limit but the workers
   */
  readonly tenantConcurrency?: number | undefined;
  /**
   * The time limit of an attempt, in milliseconds, up to 24 hours.
   *
   * @default 86_400_000
   */
  readonly timeout?: number | undefined;
  /**
   * The maximum size of a payload, and of a result, in bytes of JSON.
   *
   * @default 1_048_576
   */
  readonly maxPayload?: number | undefined;
  /**
   * How long a finished job is kept, with its result and its key, in milliseconds.
   *
   * @default for ever
   */
  readonly keep?: number | undefined;
}

/** A kind of job, shared by the code that enqueues and the code that works. */
export interface JobDefinition<Payload, Result> extends JobSettings {
  readonly name: string;
  /** Whose job it is, where tenants take turns. */
  readonly tenant: ((payload: Payload) => string) | undefined;
  /** Validates a payload, where there is a schema. */
  readonly check: ((payload: Payload, what: () => string) => Promise<unknown>) | undefined;
  /** Validates a payload and handles it, as a worker does. */
  readonly run: (payload: Payload, context: JobHandlerContext) => Promise<Result>;
}

/** Any kind of job. */
export type AnyJob = JobDefinition<never, unknown>;

/** What a kind of job does, and how it is retried and kept. */
export interface JobOptions<Payload, Result> extends JobSettings {
  /** Does the work. It returns a value that JSON can represent, or `undefined`. */
  readonly handler: (payload: Payload, context: JobHandlerContext) => Result | PromiseLike<Result>;
}

/** Whose job it is. */
export interface TenantOptions<Payload> {
  /**
   * Names the tenant of a payload, such as a customer, with 1 to 200 characters. Tenants take turns: one with many
   * waiting jobs does not hold up the others, and priorities order the jobs of one tenant. It is called when jobs are
   * enqueued.
   *
   * @default no tenants: jobs run in the order of priority and time
   */
  readonly tenant?: ((payload: Payload) => string) | undefined;
}

/** The defaults of {@link JobRetryOptions}. */
export const defaultRetry = { attempts: 3, delay: 1_000, maxDelay: 60_000 } as const;
export const defaultMaxPayload = 1_048_576;
const day = 86_400_000;
const maxConcurrency = 1_000_000;

/**
 * Defines a kind of job. The name is stored in the database: processes that use the same name share the jobs.
 *
 * With a `schema` (zod, valibot or any other Standard Schema), payloads are validated when they are enqueued, and again
 * before they are handled, as that may be another version of the program. The handler receives the output of the schema.
 *
 * @param name of its queue in the database
 * @throws TypeError or RangeError for an invalid name or invalid options
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
  options: JobOptions<Output, Result> &
    TenantOptions<Input> & { readonly schema: StandardSchema<Input, Output> },
): JobDefinition<Input, Result>;
export function defineJob<Payload, Result>(
  name: string,
  options: JobOptions<Payload, Result> & TenantOptions<Payload> & { readonly schema?: undefined },
): JobDefinition<Payload, Result>;
export function defineJob<Input, Output, Result>(
  name: string,
  options: JobOptions<Output, Result> &
    TenantOptions<Input> & { readonly schema?: StandardSchema<Input, Output> | undefined },
): JobDefinition<Input, Result> {
  checkName(name);
  checkJobOptions(options);
  const { handler, schema, tenant, ...settings } = options;
  return {
    ...settings,
    name,
    tenant,
    check: schema && ((payload, what) => validate(schema, payload, what)),
    async run(payload, context) {
      const what = (): string => `the payload of job ${context.id} of ${name}`;
      // Without a schema, the payload is assumed to have the type of the handler.
      const input = schema ? await validate(schema, payload, what) : (payload as unknown as Output);
      return handler(input, context);
    },
  };
}

function checkName(name: unknown): void {
  if (typeof name !== "string")
    throw new TypeError(`a job's name must be a string, not ${describeKind(name)}`);
  if (!/^[\w./-]{1,100}$/.test(name)) {
    throw new RangeError(
      `a job's name must have 1 to 100 letters, digits, "_", "-", "." or "/", not ${JSON.stringify(name.slice(0, 40))}`,
    );
  }
}

const retryNames: NamesOf<JobRetryOptions> = { attempts: true, delay: true, maxDelay: true };
const names: NamesOf<JobOptions<never, unknown> & TenantOptions<never> & { schema: unknown }> = {
  handler: true,
  schema: true,
  tenant: true,
  retry: true,
  rate: true,
  concurrency: true,
  tenantConcurrency: true,
  timeout: true,
  maxPayload: true,
  keep: true,
};

function checkJobOptions(
  options: JobOptions<never, unknown> & TenantOptions<never> & { readonly schema?: unknown },
): void {
  checkNames(options, names, {
    rateLimiter: "use rate",
    group: "use tenant",
    groupConcurrency: "use tenantConcurrency",
  });
  const { handler, schema, retry = {}, rate, timeout, maxPayload, keep } = options;
  const { tenant, concurrency, tenantConcurrency } = options;
  if (typeof handler !== "function") {
    throw new TypeError(`handler must be a function, not ${describeKind(handler)}`);
  }
  const standard: unknown = (schema as Partial<StandardSchema> | undefined)?.["~standard"];
  if (schema !== undefined && typeof (standard as { validate?: unknown })?.validate !== "function") {
    throw new TypeError(
      `schema must be a Standard Schema, such as one of zod or valibot, not ${describeKind(schema)}`,
    );
  }
  checkNames(retry, retryNames, undefined, "retry.");
  const { attempts, delay, maxDelay } = retry;
  if (attempts !== undefined) checkCount("retry.attempts", attempts);
  if (delay !== undefined) checkMilliseconds("retry.delay", delay, day);
  if (maxDelay !== undefined) checkMilliseconds("retry.maxDelay", maxDelay, day);
  if (rate !== undefined && !(rate instanceof RateLimiter)) {
    const hint = typeof rate === "function" ? "; make one: new RateLimiter({ … })" : "";
    throw new TypeError(`rate must be a RateLimiter, not ${describeKind(rate)}${hint}`);
  }
  if (tenant !== undefined && typeof tenant !== "function") {
    throw new TypeError(`tenant must be a function of the payload, not ${describeKind(tenant)}`);
  }
  if (concurrency !== undefined) checkCount("concurrency", concurrency, 1, maxConcurrency);
  if (tenantConcurrency !== undefined) {
    checkCount("tenantConcurrency", tenantConcurrency, 1, maxConcurrency);
    if (tenant === undefined) {
      throw new TypeError("tenantConcurrency needs tenant: a function that names the tenant of a payload");
    }
  }
  if (timeout !== undefined) {
    checkMilliseconds("timeout", timeout, day);
    checkTimeout("timeout", timeout);
  }
  if (maxPayload !== undefined) checkCount("maxPayload", maxPayload);
  if (keep !== undefined) checkMilliseconds("keep", keep);
}
