import { randomUUID } from "node:crypto";
import { CallbackManager, serializeTrace, type TraceCarrier } from "@llx/callbacks";
import { chunks, mapJobs } from "@llx/async";
import {
  checkCount,
  checkMilliseconds,
  checkNames,
  checkSignal,
  describeKind,
  describeThrown,
  type NamesOf,
} from "@llx/support";
import { defaultMaxPayload, type JobDefinition } from "./define-job.ts";
import { toJson } from "./json.ts";
import { keyId } from "./key-id.ts";
import type { OpenDatabase } from "./open-database.ts";
import { OrderedInserts } from "./ordered-inserts.ts";

/** The key of each job, when it may start, and how urgent it is. */
export interface EnqueueOptions<Payload> {
  /**
   * The key of the job of a payload. There is one job per key, be it waiting, running, done or failed: two calls, even
   * of two processes at the same time, create one.
   */
  readonly key?: ((payload: Payload, index: number) => string) | undefined;
  /**
   * A whole number; jobs of a higher priority run first.
   *
   * @default 0
   */
  readonly priority?: number | undefined;
  /**
   * Milliseconds before the jobs may start.
   *
   * @default 0
   */
  readonly delay?: number | undefined;
  /** Aborting it ends the call between two batches. Stored jobs stay; with keys, the call can be repeated. */
  readonly signal?: AbortSignal | undefined;
}

/** A job in the queue, new or existing. */
export interface EnqueuedJob {
  readonly id: string;
  readonly key: string | undefined;
  /** `false` where the key existed already, in the queue or earlier in the same call. */
  readonly created: boolean;
}

/** The result of one call. */
export interface Enqueued {
  /** How many jobs were created. */
  readonly created: number;
  /** How many existed already, and are unchanged. */
  readonly existing: number;
  /** One for each payload, in order. */
  readonly jobs: readonly EnqueuedJob[];
}

/**
 * What is stored as pg-boss's `data`. A tuple, as PostgreSQL takes twice as long to read an object in an object.
 */
export type StoredJob = readonly [payload: unknown, key?: string | null, trace?: TraceCarrier | null];

export interface NewJob {
  readonly id: string;
  readonly key: string | undefined;
  readonly tenant: string | undefined;
  readonly data: StoredJob;
}

/** The range of PostgreSQL's integers. */
export const lowestPriority = -2_147_483_648;
const highestPriority = 2_147_483_647;
const batchSize = 1_000;
/** While the database stores one batch, the next is being sent. */
const batchesAtOnce = 2;
/** Batches do not appear as events. */
const silent = new CallbackManager({ sample: 0 });

/** @throws TypeError or RangeError that names the job and the index, before anything is stored */
export async function enqueueJobs<Payload>(
  database: OpenDatabase,
  job: JobDefinition<Payload, unknown>,
  payloads: readonly Payload[],
  options: EnqueueOptions<Payload>,
): Promise<Enqueued> {
  const jobs = await newJobs(job, payloads, options);
  const { priority, delay, signal } = options;
  const different = new Map<string, NewJob>();
  for (const each of jobs) if (!different.has(each.id)) different.set(each.id, each);
  const created = new Set<string>();
  // Jobs of one statement have the same creation time. A microsecond between their start times keeps their order: none may
  // start before the end of a delay, and without a delay all may at once.
  const first = delay ? delay * 1_000 : -batchSize;
  const startAfter = (index: number): string => ((first + index) / 1_000_000).toFixed(6);
  let stored = 0;
  const inserts = new OrderedInserts(database, job.name, Math.ceil(different.size / batchSize));
  const store = async (batch: readonly NewJob[]): Promise<void> => {
    const rows = batch.map(({ id, data, tenant }, index) => ({
      id,
      data,
      ...(tenant !== undefined && { group: { id: tenant } }),
      ...(priority !== undefined && { priority }),
      startAfter: startAfter(index),
    }));
    for (const id of await inserts.insert(rows)) created.add(id);
    stored += batch.length;
  };
  try {
    await mapJobs(chunks(different.values(), batchSize), store, {
      workers: batchesAtOnce,
      signal,
      callbackManager: silent,
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(
      `${stored} of ${different.size} jobs of ${job.name} could be stored: ${describeThrown(cause)}. With keys, the call can ` +
        "be repeated",
      { cause },
    );
  }
  return outcome(jobs, created);
}

function outcome(jobs: readonly NewJob[], created: ReadonlySet<string>): Enqueued {
  const left = new Set(created);
  const all = jobs.map(({ id, key }) => ({ id, key, created: left.delete(id) }));
  return { created: created.size, existing: jobs.length - created.size, jobs: all };
}

export async function newJobs<Payload>(
  job: JobDefinition<Payload, unknown>,
  payloads: readonly Payload[],
  { key, ...options }: EnqueueOptions<Payload>,
): Promise<NewJob[]> {
  checkEnqueueOptions(options);
  if (!Array.isArray(payloads)) {
    throw new TypeError(`the payloads of ${job.name} must be an array, not ${describeKind(payloads)}`);
  }
  if (key !== undefined && typeof key !== "function") {
    throw new TypeError(`key must be a function, not ${describeKind(key)}`);
  }
  const trace = serializeTrace();
  const jobs: NewJob[] = [];
  for (const [index, payload] of (payloads as readonly Payload[]).entries()) {
    const what = (): string => `payload ${index} of job ${job.name}`;
    // oxlint-disable-next-line no-await-in-loop -- the first invalid one is named
    if (job.check) await job.check(payload, what);
    toJson(payload, what, job.maxPayload ?? defaultMaxPayload);
    const name = key?.(payload, index);
    if (key !== undefined) checkKey(name, what);
    const tenant = job.tenant?.(payload);
    if (job.tenant !== undefined) checkTenant(tenant, what);
    jobs.push({
      id: name === undefined ? randomUUID() : keyId(job.name, name),
      key: name,
      tenant,
      data: [payload, name ?? null, trace ?? null],
    });
  }
  return jobs;
}

function checkKey(key: unknown, what: () => string): void {
  if (typeof key !== "string")
    throw new TypeError(`the key of ${what()} must be a string, not ${describeKind(key)}`);
  if (key === "") throw new RangeError(`the key of ${what()} must not be empty`);
  toJson(key, () => `the key of ${what()}`, 1_024);
}

function checkTenant(tenant: unknown, what: () => string): void {
  if (typeof tenant !== "string")
    throw new TypeError(`the tenant of ${what()} must be a string, not ${describeKind(tenant)}`);
  if (tenant === "" || tenant.length > 200) {
    throw new RangeError(`the tenant of ${what()} must have 1 to 200 characters, not ${tenant.length}`);
  }
  toJson(tenant, () => `the tenant of ${what()}`, 1_024);
}

const names: NamesOf<EnqueueOptions<never>> = { key: true, priority: true, delay: true, signal: true };

export function checkEnqueueOptions(options: EnqueueOptions<never>): void {
  checkNames(options, names);
  const { priority, delay, signal } = options;
  if (priority !== undefined) checkCount("priority", priority, lowestPriority, highestPriority);
  if (delay !== undefined) checkMilliseconds("delay", delay, 31_536_000_000);
  checkSignal(signal);
}
