import { setImmediate } from "node:timers/promises";
import type { Usage } from "@llx/callbacks";
import type { ElementType } from "@llx/embeddings";
import type { BatchResult, BatchState } from "@llx/embeddings/batch";
import type { ResultsWriter, StoredFailure } from "../files/results-file.ts";
import { storedFailure } from "../files/stored-failure.ts";
import { plusUsage } from "../reading/plus-usage.ts";

/** What a batch has given, by the number of the text in the round. */
export interface Collected {
  /** Texts without an embedding that another batch may embed. */
  readonly retryable: Map<number, StoredFailure>;
  /** Texts that no batch can embed. */
  readonly failed: Map<number, StoredFailure>;
  readonly usage: Usage | undefined;
  /** Numbers in an embedding. */
  readonly length: number | undefined;
}

/** How a batch has ended. */
interface BatchEnd {
  readonly batch: string;
  readonly state: BatchState;
  readonly message: string | undefined;
}

/** Results after which others get their turn. */
const resultsPerTurn = 500;

/**
 * Stores the embeddings of a batch as they come, each at the place of its text, and finds out which texts have none: each
 * has exactly one result, or is named.
 *
 * @param positions the position in the part of each text of the round; absent for all positions
 */
export async function collectResults<E extends ElementType>(
  results: AsyncIterable<BatchResult<E>>,
  count: number,
  positions: readonly number[] | undefined,
  end: BatchEnd,
  writer: ResultsWriter,
): Promise<Collected> {
  const numberOf = numbers(count, positions);
  const seen = new Uint8Array(count);
  const retryable = new Map<number, StoredFailure>();
  const failed = new Map<number, StoredFailure>();
  const foreign: string[] = [];
  let usage: Usage | undefined;
  let length: number | undefined;
  let [received, metered] = [0, 0];
  for await (const result of results) {
    const number = numberOf(result.id);
    if (number === undefined) {
      foreign.push(result.id);
      continue;
    }
    if (seen[number]! > 0) {
      failed.delete(number);
      retryable.set(number, failure(`batch ${end.batch} has more than one result for the text`));
      continue;
    }
    seen[number] = 1;
    received++;
    // A text that was not embedded has none to report.
    if (result.embedding !== undefined || result.usage !== undefined) {
      usage = metered++ === 0 ? result.usage : plusUsage(usage, result.usage);
    }
    if (result.embedding === undefined) {
      const isRetryable = (result.error as { retryable?: unknown }).retryable === true;
      (isRetryable ? retryable : failed).set(number, storedFailure(result.error, result.id));
    } else {
      length ??= result.embedding.length;
      await writer.put(number, result.embedding);
    }
    if (received % resultsPerTurn === 0) await setImmediate();
  }
  const reason = failure(whyMissing(end));
  for (let number = 0; number < count; number++) if (seen[number] === 0) retryable.set(number, reason);
  if (foreign.length > 0) warnOfForeign(end.batch, foreign);
  return { retryable, failed, usage, length };
}

const failure = (message: string): StoredFailure => ({ name: "BatchResultError", message });

function whyMissing({ batch, state, message }: BatchEnd): string {
  switch (state) {
    case "expired":
      return `batch ${batch} has expired before the text was embedded`;
    case "cancelled":
      return `batch ${batch} was cancelled before the text was embedded`;
    case "failed":
      return `batch ${batch} has failed${message === undefined ? "" : `: ${message}`}`;
    default:
      return `batch ${batch} has ended without a result for the text`;
  }
}

/** The number in the round of the text with an id, which is its position in the part. */
function numbers(
  count: number,
  positions: readonly number[] | undefined,
): (id: string) => number | undefined {
  if (positions === undefined) {
    return (id) => (/^(?:0|[1-9]\d{0,9})$/.test(id) && Number(id) < count ? Number(id) : undefined);
  }
  const known = new Map(positions.map((position, number) => [String(position), number]));
  return (id) => known.get(id);
}

function warnOfForeign(batch: string, ids: readonly string[]): void {
  process.emitWarning(
    `batch ${batch} has ${ids.length} results for texts that it was not sent, such as ` +
      `${JSON.stringify(ids[0]!.slice(0, 64))}: they are ignored. Report this to the service`,
    { type: "ForeignResults", code: "LLX_FOREIGN_RESULTS" },
  );
}
