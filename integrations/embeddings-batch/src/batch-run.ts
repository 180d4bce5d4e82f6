import type { AsyncClosable } from "@llx/async";
import type { Usage } from "@llx/callbacks";
import type { ElementType } from "@llx/embeddings";
import type { ResultsOptions } from "./open-run.ts";
import type { RunResult } from "./reading/part-reader.ts";

/** How far a run is. */
export interface RunProgress {
  /** Texts that are planned so far: all, once `isPlanned`. */
  readonly texts: number;
  readonly isPlanned: boolean;
  /** Texts that have an embedding. */
  readonly embedded: number;
  /** Texts that have none, and will have none. */
  readonly failed: number;
  /** Different texts that were found in the cache. */
  readonly cached: number;
  /** Batches that wait to be submitted, are at the service, or have their results. A batch of texts that failed in another one counts with that one. */
  readonly batches: { readonly waiting: number; readonly submitted: number; readonly done: number };
  /** Tokens of all batches that have results, and of live calls; a number that one of them does not report is `undefined`. */
  readonly usage: Usage | undefined;
  readonly isCancelled: boolean;
}

/** A run that is under way. Made by `embedBatchJob`. */
export interface BatchRun<E extends ElementType = "float"> extends AsyncClosable {
  /** Names it at the service and in the queue. */
  readonly id: string;
  readonly directory: string;
  /**
   * The results as they land, from the start: also those that earlier processes have fetched. Of a run that had finished when it was
   * closed, they can be read as before.
   *
   * @throws BatchRunError when the run stops; Error when it is closed
   */
  results(options?: ResultsOptions): AsyncGenerator<RunResult<E>, void, undefined>;
  /**
   * Resolves when each text has its embedding or its error.
   *
   * @throws BatchRunError when the run stops; RunFileError or TypeError if its texts cannot be planned; the signal's reason;
   *   Error when it is closed before
   */
  finished(): Promise<RunProgress>;
  progress(): RunProgress;
  /**
   * Cancels the batches at the service, and plans and submits no more. What they have embedded by then is fetched, and
   * `finished` waits for that; the other texts have failed. It holds for later processes too.
   */
  cancel(): Promise<void>;
  /** Stops working on it. Batches go on at the service, and the next call of `embedBatchJob` goes on with them. */
  aclose(): Promise<void>;
}

declare module "@llx/callbacks" {
  interface EventPayloads {
    // One step of a batch at a service: it is submitted, asked for its state, or its results are stored.
    embedding_batch: {
      start: {
        provider?: string | undefined;
        model?: string | undefined;
        step: "submit" | "poll" | "store";
        /** The number of the part of the run, from 0. */
        part: number;
        /** How often its texts were sent, this time included. */
        round: number;
        /** The service's id of the batch, once it has one. */
        batch?: string | undefined;
        /** Texts in the batch. */
        count?: number | undefined;
      };
      end: {
        batch?: string | undefined;
        /** Where the batch is: `"running"`, `"done"` and others. */
        state?: string | undefined;
        /** Texts that have an embedding so far. */
        done?: number | undefined;
        failed?: number | undefined;
      };
    };
  }
}
