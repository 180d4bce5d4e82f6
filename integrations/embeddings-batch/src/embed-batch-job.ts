import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { startProgress } from "@llx/async";
import { CallbackManager, currentCallbackManager } from "@llx/callbacks";
import type { ElementType, InputType } from "@llx/embeddings";
import type { BatchCache, EmbeddingBatchService } from "@llx/embeddings/batch";
import { describeKind, type DirectoryLock, isIterable, lockDirectory, makeDirectory } from "@llx/support";
import type { BatchRun } from "./batch-run.ts";
import { checkOptions, type EmbedBatchJobOptions } from "./embed-batch-job-options.ts";
import { lockName, RunDirectory, type RunFacts } from "./files/run-directory.ts";
import { RunFileError } from "./files/run-file-error.ts";
import { checkTexts } from "./planning/check-texts.ts";
import { planTexts } from "./planning/plan-texts.ts";
import { readSections, RunLog } from "./reading/run-log.ts";
import { stopped } from "./running/batch-run-error.ts";
import { Rounds } from "./running/rounds.ts";
import { RunningBatch } from "./running/running-batch.ts";

const remedy =
  "a run is worked on by one process at a time. Close that run, or wait until its process has ended; to spread texts over " +
  "processes, give each a directory and texts of its own";
const defaultConcurrency = 8;
const defaultAttempts = 3;
const defaultPauses = { first: 10_000, longest: 300_000 };

/**
 * Embeds any number of texts in batches of a service, which cost less and may take hours: in a run that outlives its
 * process. It goes on where it was when it is called again with the same texts and directory; nothing is uploaded, or paid
 * for, twice.
 *
 * Texts are read once, as fast as they are written to the directory; equal ones are sent once. Of an array, all are checked
 * before anything is sent. A text of a stream that cannot be sent has its error among the results, as the texts before it
 * may be on their way already.
 *
 * @param texts the same in each call for a directory; may be endless streams of a database, never held in memory
 * @returns when the texts that an earlier process has planned were read again and compared; others are planned afterwards
 * @throws TypeError or RangeError for invalid options, or with the index of a text of an array that cannot be sent;
 *   RunFileError for a directory that is a file, that the system refuses or that has other files, another run, other texts or
 *   other `batchLimits`; Error for one in use by another process
 *
 * @example
 * ```ts
 * await using queue = await createJobQueue({ directory: "./jobs" });
 * const options = { service: openaiBatches(), queue, directory: "./run" };
 * await using run = await embedBatchJob(["the moon makes the tides", "bees dance"], options);
 * for await (const { index, text, embedding, error } of run.results()) {
 *   if (error) console.error(index, error.message);
 *   else console.log(text, embedding.length);
 * }
 * ```
 */
export async function embedBatchJob<E extends ElementType = "float">(
  texts: Iterable<string> | AsyncIterable<string>,
  options: EmbedBatchJobOptions<E>,
): Promise<BatchRun<E>> {
  checkOptions(options);
  if (!isIterable(texts)) {
    throw new TypeError(`texts must be an iterable of strings, not ${describeKind(texts)}`);
  }
  const { service, inputType = "document", cache, signal } = options;
  // It refuses what is no cache.
  const openCache = cache === undefined ? undefined : service.openCache(cache, inputType);
  const path = resolve(options.directory);
  signal?.throwIfAborted();
  if (Array.isArray(texts) && !existsSync(join(path, "run.json"))) {
    await checkTexts(texts, service, inputType);
  }
  let lock: DirectoryLock | undefined;
  try {
    makeDirectory(path, RunFileError);
    const facts = factsOf(service, inputType);
    // Before the lock, which leaves a file.
    await RunDirectory.find(path, facts);
    lock = lockDirectory(path, lockName, remedy, RunFileError);
    return await openRun(texts, options, await RunDirectory.openOrBegin(path, facts), openCache, lock);
  } catch (error) {
    lock?.release();
    throw (error as NodeJS.ErrnoException)?.code === "ENOSPC" ? stopped(path, undefined, error) : error;
  }
}

function factsOf<E extends ElementType>(service: EmbeddingBatchService<E>, inputType: InputType): RunFacts {
  const { provider, model, elementType, dimensions } = service;
  const { inputs, bytes } = service.batchLimits;
  return { provider, model, elementType, dimensions, inputType, batchLimits: { inputs, bytes } };
}

async function openRun<E extends ElementType>(
  texts: Iterable<string> | AsyncIterable<string>,
  options: EmbedBatchJobOptions<E>,
  directory: RunDirectory,
  openCache: BatchCache<E> | undefined,
  lock: DirectoryLock,
): Promise<BatchRun<E>> {
  const { service, queue, signal, showProgress } = options;
  const sections = await readSections(directory);
  await directory.removeUnfinished(sections.reduce((sum, { parts }) => sum + parts.length, 0));

  const planning = new AbortController();
  const isCancelled = existsSync(directory.cancelled);
  const plan = planTexts(isCancelled ? [] : texts, {
    directory,
    service,
    cache: openCache,
    planned: isCancelled ? [] : sections,
    signal: signal === undefined ? planning.signal : AbortSignal.any([planning.signal, signal]),
  });
  await plan.next();
  // A cancelled run plans no more.
  if (isCancelled) await plan.return();

  const log = new RunLog();
  for (const section of sections) log.addSection(section);
  const count = Array.isArray(texts) ? texts.length : undefined;
  const manager = options.callbackManager ?? currentCallbackManager() ?? new CallbackManager();
  const { first = defaultPauses.first } = options.pauses ?? {};
  const { longest = Math.max(first, defaultPauses.longest) } = options.pauses ?? {};
  const { failed = "again", attempts = defaultAttempts, lost = "stop", remove = true } = options;
  const run: RunningBatch<E> = new RunningBatch({
    directory,
    log,
    service,
    queue,
    rounds: new Rounds({
      directory,
      service,
      cache: openCache,
      failed,
      attempts,
      lost,
      remove,
      manager,
      isCancelled: () => run.isCancelled,
      hadOthers: (part) => run.hadOthers(part),
    }),
    concurrency: options.concurrency ?? defaultConcurrency,
    pauses: { first: Math.min(first, longest), longest },
    manager,
    progress: await startProgress(showProgress, count, `${service.provider} texts`),
    signal,
    planning,
    count,
    release: () => lock.release(),
  });
  try {
    await run.start(plan);
    return run;
  } catch (error) {
    await plan.return();
    await run.aclose();
    throw error;
  }
}
