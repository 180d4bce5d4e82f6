import { type JobContext, mapJobs } from "@llx/async";
import { type DistinctTexts, distinctTexts, type PlannedBatch, planBatches } from "../plan/batch-plan.ts";
import { BatchResults } from "./batch-results.ts";
import { Bisection } from "./bisection.ts";
import type { ElementType } from "../contract/element-type.ts";
import { embedCached, type OnAnswered, type Send } from "./embed-cached.ts";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import type { EmbedBatchOptions, SettledEmbeddingBatch } from "../contract/embedding-model.ts";
import { jobOptions, type ModelCall, type ModelParts } from "../request/model-parts.ts";
import { sendSettled } from "./send-settled.ts";

export interface BatchCall extends ModelCall {
  readonly options: EmbedBatchOptions & { readonly settle?: boolean | undefined };
  /** Whether `callTimeout` has stopped the call. */
  readonly isTimedOut: () => boolean;
}

/** Embeds all texts of a call. Without `settle`, whatever is returned has no failure. */
export async function embedBatch(
  parts: ModelParts,
  inputs: readonly string[],
  call: BatchCall,
): Promise<SettledEmbeddingBatch<ElementType>> {
  const texts = distinctTexts(inputs, parts.rules);
  const { settle = false } = call.options;
  if (!settle && texts.refused.length > 0) throw texts.refused[0]!.error;
  const results = new BatchResults(texts);
  if (texts.texts.length === 0) return results.settled(notSent);
  try {
    const { provider, model } = parts;
    const payload = { provider, model, inputType: call.inputType, count: inputs.length };
    await call.manager.event(
      "embed_texts",
      payload,
      async (event) => {
        try {
          const sendThese: Send = (places, onAnswered) =>
            send(parts, texts, places, results, call, onAnswered);
          if (parts.cache === undefined) await sendThese(texts.texts.keys());
          else await embedCached(parts.cache, texts, results, call, sendThese);
        } finally {
          const { dimensions } = parts.requests;
          event.set({ ...results.facts, count: inputs.length, dimensions });
        }
      },
      { signal: call.signal },
    );
  } catch (error) {
    // Whoever stops a call does not want its results; but nobody chooses the moment of a time-out.
    if (call.signal.aborted && !call.isTimedOut()) throw error;
    const partial = results.settled(() => (call.isTimedOut() ? error : notSent()));
    if (!settle || !call.isTimedOut()) throw new EmbeddingBatchError(error, partial);
    return partial;
  }
  return results.settled(notSent);
}

/** Sends the requests, several at once, and keeps what each of them comes to. */
async function send(
  parts: ModelParts,
  texts: DistinctTexts,
  places: Iterable<number>,
  results: BatchResults,
  call: BatchCall,
  onAnswered: OnAnswered | undefined,
): Promise<void> {
  const { inputType, manager, options } = call;
  const { showProgress, settle = false, bisect = true } = options;
  const planned = planBatches(texts, places, parts.rules.limits);
  const sendOne = async (batch: PlannedBatch, { signal, attempt, lease }: JobContext): Promise<void> => {
    try {
      const answer = await parts.requests.send(batch, { inputType, manager, signal, attempt, lease });
      results.answered(batch, answer);
      await onAnswered?.(batch, answer);
    } catch (error) {
      results.failed(batch, error);
      throw error;
    }
  };
  const jobs = { ...jobOptions(parts, call), showProgress };
  const tokensFor = (batch: PlannedBatch): number => parts.requests.tokensFor(batch);
  if (!settle) {
    await mapJobs(planned, sendOne, { ...jobs, tokens: tokensFor });
    return;
  }
  const failed = (batch: PlannedBatch, error: unknown): void => results.failed(batch, error);
  const bisection = new Bisection(bisect);
  await sendSettled({ planned, texts, bisection, tokensFor, send: sendOne, failed }, jobs);
}

function notSent(): Error {
  return new Error("not sent: the call was stopped before, by the failure of another request");
}
