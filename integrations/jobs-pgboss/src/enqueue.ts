import { randomUUID } from "node:crypto";
import { CallbackManager, serializeTrace, type TraceCarrier } from "@llx/callbacks";
import { chunks, mapJobs } from "@llx/async";
import { checkCount, checkMilliseconds, checkSignal, describe } from "./checks.ts";
import { defaultMaxPayload, type JobDefinition } from "./define-job.ts";
import { toJson } from "./json.ts";
import { keyId } from "./key-id.ts";
import type { OpenDatabase } from "./open-database.ts";
import { OrderedInserts } from "./ordered-inserts.ts";

/** What makes a job the same as another, when it may start, and how urgent it is. */
export interface EnqueueOptions<Payload> {
  /**
   * Names the job of a payload: of one name there is one job, be it waiting, running, done or failed. Two calls,
   * also of two processes at once, make one job of it.
   */
  readonly key?: ((payload: Payload, index: number) => string) | undefined;
  /** Higher ones run first. A whole number, default 0. */
  readonly priority?: number | undefined;
  /** Milliseconds before the jobs may start. */
  readonly delay?: number | undefined;
  /** Its abort ends the call between two batches. What was stored stays; with keys, call again. */
  readonly signal?: AbortSignal | undefined;
}

/** A job in the queue, new or there already. */
export interface EnqueuedJob {
  readonly id: string;
  readonly key: string | undefined;
  /** `false`: the key was there already, in the queue or earlier in the same call. */
  readonly created: boolean;
}

/** What became of the payloads of one call. */
export interface Enqueued {
  /** How many jobs are new. */
  readonly created: number;
  /** How many were there already, and are left as they are. */
  readonly existing: number;
  /** One for each payload, in order. */
  readonly jobs: readonly EnqueuedJob[];
}

/**
 * What is stored as pg-boss's `data`. A tuple, as an object in an object takes PostgreSQL twice the time to read.
 */
export type StoredJob = readonly [payload: unknown, key?: string | null, trace?: TraceCarrier | null];

interface NewJob {
  readonly id: string;
  readonly key: string | undefined;
  readonly data: StoredJob;
}

/** PostgreSQL's integers are from here … */
export const lowestPriority = -2_147_483_648;
/** … to here. */
const highestPriority = 2_147_483_647;
const jobsInBatch = 1_000;
/** While the database stores one, the next is on its way. */
const batchesAtOnce = 2;
/** Batches are no events. */
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
  // Jobs of one statement are created at the same time. A microsecond between their starts keeps their order: before the
  // end of a delay none may start, and without one all may at once.
  const first = delay ? delay * 1_000 : -jobsInBatch;
  const startAfter = (at: number): string => ((first + at) / 1_000_000).toFixed(6);
  let stored = 0;
  const inserts = new OrderedInserts(database, job.name, Math.ceil(different.size / jobsInBatch));
  const store = async (batch: readonly NewJob[]): Promise<void> => {
    const rows = batch.map(({ id, data }, at) => ({
      id,
      data,
      ...(priority !== undefined && { priority }),
      startAfter: startAfter(at),
    }));
    for (const id of await inserts.insert(rows)) created.add(id);
    stored += batch.length;
  };
  try {
    await mapJobs(chunks(different.values(), jobsInBatch), store, {
      workers: batchesAtOnce,
      signal,
      callbackManager: silent,
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Error(
      `of ${different.size} jobs of ${job.name}, ${stored} could be stored; with keys, the call can be made again`,
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

async function newJobs<Payload>(
  job: JobDefinition<Payload, unknown>,
  payloads: readonly Payload[],
  { key, ...options }: EnqueueOptions<Payload>,
): Promise<NewJob[]> {
  checkEnqueueOptions(options);
  if (!Array.isArray(payloads)) {
    throw new TypeError(`the payloads of ${job.name} must be an array, not ${describe(payloads)}`);
  }
  if (key !== undefined && typeof key !== "function") {
    throw new TypeError(`key must be a function, not ${describe(key)}`);
  }
  const trace = serializeTrace();
  const jobs: NewJob[] = [];
  for (const [index, payload] of (payloads as readonly Payload[]).entries()) {
    const what = (): string => `payload ${index} of job ${job.name}`;
    // oxlint-disable-next-line no-await-in-loop -- the first that is wrong is named
    if (job.check) await job.check(payload, what);
    toJson(payload, what, job.maxPayload ?? defaultMaxPayload);
    const name = key?.(payload, index);
    if (key !== undefined) checkKey(name, what);
    jobs.push({
      id: name === undefined ? randomUUID() : keyId(job.name, name),
      key: name,
      data: [payload, name ?? null, trace ?? null],
    });
  }
  return jobs;
}

function checkKey(key: unknown, what: () => string): void {
  if (typeof key !== "string")
    throw new TypeError(`the key of ${what()} must be a string, not ${describe(key)}`);
  if (key === "") throw new RangeError(`the key of ${what()} must not be empty`);
  toJson(key, () => `the key of ${what()}`, 1_024);
}

function checkEnqueueOptions({ priority, delay, signal }: EnqueueOptions<never>): void {
  if (priority !== undefined) checkCount("priority", priority, lowestPriority, highestPriority);
  if (delay !== undefined) checkMilliseconds("delay", delay, 31_536_000_000);
  checkSignal(signal);
}
