import { type JobContext, runJobs, streamJobs } from "@llx/async";
import type { CallbackManager } from "@llx/callbacks";
import { type Fused, reciprocalRankFusion } from "./reciprocal-rank-fusion.ts";

interface Search {
  start: object;
  end: { count?: number };
}

declare module "@llx/callbacks" {
  interface EventPayloads {
    /** What one retriever finds. A type for each, so that traces name them. */
    vectors: Search;
    words: Search;
    archive: Search;
    graph: Search;
  }
}

/** One way to look for the answer to a question. */
export interface Retriever {
  readonly name: "vectors" | "words" | "archive" | "graph";
  /** How long it may take, in milliseconds. */
  readonly limit: number;
  /** The ids of texts, best first. */
  find(question: string, signal: AbortSignal): Promise<readonly number[]>;
}

/** What became of a retriever: it was in time, was not, failed, or was stopped when enough others had answered. */
export type Outcome = "in time" | "too late" | "failed" | "stopped";

export interface Retrieved {
  readonly results: readonly Fused[];
  /** By the order of the retrievers. */
  readonly outcomes: readonly Outcome[];
}

export interface RetrieveOptions {
  /** How many answers are enough: the others are stopped then. */
  readonly enough: number;
  readonly manager: CallbackManager;
  readonly signal: AbortSignal;
}

/** How long a retriever that is stopped may take to end, in milliseconds: one that ignores its signal is left behind. */
const grace = 50;

/**
 * Asks all retrievers at once, and fuses the rankings of the first that answer. If fewer than `enough` do, within the
 * limit of each, theirs are all there is.
 *
 * @throws AggregateError if none has answered; the signal's reason
 */
export async function retrieve(
  question: string,
  retrievers: readonly Retriever[],
  { enough, manager, signal }: RetrieveOptions,
): Promise<Retrieved> {
  const jobs = retrievers.map((retriever) => (job: JobContext) => {
    const limited = { timeout: retriever.limit, grace, signal: job.signal };
    return manager.event(
      retriever.name,
      {},
      async (event) => {
        const [ids = []] = await runJobs([(inner) => retriever.find(question, inner.signal)], limited);
        event.set({ count: ids.length });
        return ids;
      },
      limited,
    );
  });
  const outcomes: Outcome[] = retrievers.map(() => "stopped");
  const rankings: (readonly number[])[] = [];
  const failures: unknown[] = [];
  const settled = { workers: jobs.length, signal, grace, ordered: false, settle: true } as const;
  for await (const { index, value: outcome } of streamJobs(jobs, settled)) {
    if (outcome.status === "fulfilled") {
      outcomes[index] = "in time";
      rankings.push(outcome.value);
      // Leaving the loop stops those that still run.
      if (rankings.length === enough) break;
    } else {
      outcomes[index] = isTimeout(outcome.reason) ? "too late" : "failed";
      failures.push(outcome.reason);
    }
  }
  if (rankings.length === 0) throw new AggregateError(failures, "no retriever has answered");
  return { results: reciprocalRankFusion(rankings), outcomes };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}
