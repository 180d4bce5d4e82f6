import { type JobContext, mapJobs, type Progress } from "@llx/async";
import { errorProperty } from "@llx/support";
import { type DistinctTexts, distinctTexts, type PlannedBatch, planBatches } from "../plan/batch-plan.ts";
import { BatchResults } from "./batch-results.ts";
import { Bisection } from "./bisection.ts";
import type { ElementType } from "../contract/element-type.ts";
import { embedCached, type OnResponse, type Send } from "./embed-cached.ts";
import { EmbeddingBatchError } from "../contract/embedding-batch-error.ts";
import type { EmbedBatchOptions, SettledEmbeddingBatch } from "../contract/embedding-model.ts";
import type { TextName } from "../contract/text-name.ts";
import { jobOptions, type ModelCall, type ModelParts } from "../request/model-parts.ts";
import { sendSettled } from "./send-settled.ts";
import { linkTo } from "../support/link-to.ts";
import { type SharedCall, sharedCall } from "./shared-call.ts";
import { TextProgress } from "./text-progress.ts";
import { chargeOfJob, chargeOptions, type RequestCharge } from "../request/sized-job.ts";

export interface BatchCall extends ModelCall {
  readonly options: EmbedBatchOptions & {
    readonly settle?: boolean | undefined;
    readonly [sharedCall]?: SharedCall | undefined;
  };
  /** What errors call the text at an index. */
  readonly nameOf: TextName;
  /** Whether `totalTimeout` has stopped the call. */
  readonly isTimedOut: () => boolean;
}

/** Embeds all texts of a call. Without `settle`, a returned batch has no failures. */
export async function embedBatch(
  parts: ModelParts,
  inputs: readonly string[],
  call: BatchCall,
): Promise<SettledEmbeddingBatch<ElementType>> {
  const texts = distinctTexts(inputs, parts.rules, call.nameOf);
  const { settle = false } = call.options;
  if (!settle && texts.refused.length > 0) throw texts.refused[0]!.error;
  if (texts.texts.length === 0) return new BatchResults(texts, undefined).settled(notSent);
  const progress = await TextProgress.of(call.options, parts.provider, texts);
  const results = new BatchResults(texts, progress);
  try {
    const { provider, model } = parts;
    const shared = call.options[sharedCall];
    const payload = {
      provider,
      model,
      inputType: call.inputType,
      count: inputs.length,
      ...(shared !== undefined && shared.callers.length > 0 && { sharedBy: shared.callers }),
    };
    await call.manager.event(
      "embed_texts",
      payload,
      async (event) => {
        shared?.started(linkTo(event));
        try {
          const nameOf = (text: string): string =>
            call.nameOf(texts.positions.indexOf(texts.texts.indexOf(text)));
          const sendThese: Send = (positions, onResponse) =>
            send(parts, texts, positions, results, progress, call, nameOf, onResponse);
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
    const isStopped = call.signal.aborted;
    if (isStopped && !settle && !call.isTimedOut()) throw error;
    // What has been paid for is not lost.
    const partial = results.settled(() => (isStopped ? error : notSent()), isStopped);
    if (!settle || !isStopped) throw new EmbeddingBatchError(error, partial);
    return partial;
  } finally {
    if (settle && (!call.signal.aborted || call.isTimedOut())) progress?.othersFailed();
    progress?.stop();
  }
  return results.settled(notSent);
}

/** Sends the requests, several at once, and records the results. */
async function send(
  parts: ModelParts,
  texts: DistinctTexts,
  positions: Iterable<number>,
  results: BatchResults,
  progress: TextProgress | undefined,
  call: BatchCall,
  nameOf: (text: string) => string,
  onResponse: OnResponse | undefined,
): Promise<void> {
  const { settle = false, bisect = true } = call.options;
  const planned = planBatches(texts, positions, parts.rules.limits);
  const bisection = new Bisection(bisect);
  const sendOne = async (batch: PlannedBatch, context: JobContext): Promise<void> => {
    try {
      const response = await parts.requests.send(batch, call, context, nameOf);
      results.add(batch, response);
      await onResponse?.(batch, response);
    } catch (error) {
      const isFinal = errorProperty(error, "retryable") === false && !bisection.helps(batch, error);
      results.addFailure(batch, error, !settle || isFinal);
      throw error;
    }
  };
  const jobs = { ...jobOptions(parts, call), showProgress: progress && waitsOf(progress) };
  const chargeOf = (batch: PlannedBatch): RequestCharge => parts.requests.chargeOf(batch);
  if (!settle) {
    await mapJobs(planned, sendOne, {
      ...jobs,
      ...chargeOptions(parts.rate, chargeOf),
    });
    return;
  }
  const failed = (batch: PlannedBatch, error: unknown, isFinal: boolean): void => {
    results.addFailure(batch, error, isFinal);
    if (isFinal) progress?.failed(batch.positions);
  };
  const sized = { ...jobs, ...chargeOptions(parts.rate, chargeOfJob) };
  const outcomes = sendSettled({ planned, texts, bisection, chargeOf, send: sendOne, failed }, sized);
  for await (const _ of outcomes);
}

/** The jobs report what the call waits for; what is done is counted in texts, not in requests. */
function waitsOf(progress: TextProgress): Progress {
  return {
    start() {},
    advance() {},
    pause: (milliseconds) => progress.pause(milliseconds),
    stopping: (milliseconds) => progress.stopping(milliseconds),
    stop() {},
  };
}

function notSent(): Error {
  return new Error("not sent: the call was stopped by the failure of another request");
}
