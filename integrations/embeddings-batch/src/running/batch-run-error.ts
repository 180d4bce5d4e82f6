import type { BatchLimits } from "@llx/embeddings/batch";
import { errorProperty, hasCode } from "@llx/support";
import { counted, shownLimits } from "../files/shown-limits.ts";

/** A run has stopped. What it has stored is kept, and another call of `embedBatchJob` goes on. */
export class BatchRunError extends Error {
  override readonly name = "BatchRunError";
  /** The number of the part of the run at which it has stopped; `undefined` where it was none. */
  readonly part: number | undefined;
  /** The queue keeps the job as a failed one, until the run goes on. */
  readonly retryable = false;

  constructor(message: string, part: number | undefined, cause: unknown) {
    super(message, { cause });
    this.part = part;
  }
}

/**
 * Whether the results of a batch cannot be had, now or later: the service does not know it any more, has deleted them, or
 * returns some that cannot be attributed to texts.
 */
export function isLost(error: unknown): boolean {
  const { code, name, retryable } = (error ?? {}) as Record<string, unknown>;
  if (code === "unknown_batch" || code === "results_gone") return true;
  return name === "EmbeddingResponseError" && retryable === false;
}

const nobody: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ENOTFOUND"]);

/** Whether nothing listens at the address of the service, or the address does not exist. */
export const isNobodyThere = (error: unknown): boolean => hasCode(error, nobody);

/** A service does not take a batch, and would not take it again: the texts of a batch are decided when they are planned. */
export class RefusedBatch extends Error {
  readonly retryable = false;
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.remedy = remedy;
  }
}

/** What helps against a batch that may be too large. */
export const tooLarge = (texts: number, limits: BatchLimits): string =>
  `If the batch is too large ${smallerBatches(texts, limits)} Otherwise remove the cause`;

/** What helps if there is no room for a batch at the service, though no other batch of the run was there. */
export const noRoom = (texts: number, limits: BatchLimits): string =>
  `No other batch of this run was there. If it is too large alone ${smallerBatches(texts, limits)} If batches of other runs were ` +
  "there, wait until they have ended";

function smallerBatches(texts: number, limits: BatchLimits): string {
  return (
    `(it has ${counted(texts, "text")}; batchLimits are ${shownLimits(limits)}), lower the option batchLimits of the service, ` +
    "and begin anew in another directory, as this one keeps its batches as they are planned."
  );
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** How often a call was tried that has failed. */
export function attemptsOf(error: unknown): number {
  const attempt = errorProperty(error, "attempt");
  return typeof attempt === "number" ? attempt : 1;
}

/** Whether the same call may succeed later. */
export const isTransient = (error: unknown): boolean => errorProperty(error, "retryable") === true;

/** What has failed, with the requests of all calls that have failed in a row, in place of those of the last one. */
function messageInAll(error: unknown, before: number): string {
  const message = messageOf(error);
  if (before === 0 || !isTransient(error)) return message;
  return `${message.replace(/ \(after \d+ requests\)$/, "")} (after ${before + attemptsOf(error)} requests)`;
}

/**
 * What has happened, what is kept, and what to do.
 *
 * @param attempts those of calls that have failed before
 */
export function stopped(
  directory: string,
  part: number | undefined,
  cause: unknown,
  attempts = 0,
): BatchRunError {
  const where = part === undefined ? "" : ` at part ${part}`;
  const [problem, remedy] = problemOf(cause, messageInAll(cause, attempts));
  return new BatchRunError(
    `the run in ${directory} has stopped${where}: ${sentence(problem)} All results that are stored are kept, and batches go on ` +
      `at the service. ${remedy}, and call embedBatchJob with the same texts and directory to go on`,
    part,
    cause instanceof RefusedBatch ? (cause.cause ?? cause) : cause,
  );
}

function problemOf(cause: unknown, message: string): readonly [problem: string, remedy: string] {
  const { code } = (cause ?? {}) as { readonly code?: unknown };
  if (code === "ENOSPC" || code === "EDQUOT") return ["the disk is full", "Make room"];
  if (isLost(cause)) return [message, 'To send its texts again, and pay for them again, set lost: "again"'];
  if (cause instanceof RefusedBatch) return [message, cause.remedy];
  if (isNobodyThere(cause)) return [message, "Start the service, or correct its address"];
  return [message, "Remove the cause"];
}

/** With one full stop at its end. */
export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
