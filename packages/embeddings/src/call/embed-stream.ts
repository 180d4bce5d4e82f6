import { type JobContext, type JobOptions, Semaphore, streamJobs } from "@llx/async";
import type { EventContext } from "@llx/callbacks";
import { Bisection } from "./bisection.ts";
import { embedInParts, type Outcomes, type PartsContext } from "./embed-in-parts.ts";
import type { EmbedStreamOptions } from "../contract/embedding-model.ts";
import type { TextBatch } from "../contract/text-batch.ts";
import { nameInList } from "../contract/text-name.ts";
import type { VerifiedResponse } from "../contract/verified-response.ts";
import {
  jobOptions,
  type ModelCall,
  type ModelParts,
  type RequestJobOptions,
} from "../request/model-parts.ts";
import { chargeOfJob, chargeOptions, type RequestCharge, sizedJob } from "../request/sized-job.ts";
import { type StreamBatch, StreamPlan } from "../plan/stream-plan.ts";
import { StreamResults, type StreamRow } from "./stream-results.ts";
import { lookedUp, type ResponseJob, shortened, StreamSource, type Texts } from "./stream-source.ts";

export interface StreamCall extends ModelCall {
  readonly options: EmbedStreamOptions & { readonly settle?: boolean | undefined };
}

/** Embeds a stream of texts, and yields the rows of one request after another, in order. */
export function embedStream(parts: ModelParts, texts: Texts, call: StreamCall): AsyncIterable<StreamRow[]> {
  const { provider, model } = parts;
  const payload = { provider, model, inputType: call.inputType };
  return call.manager.stream("embed_texts", payload, (event) => rows(parts, texts, call, event), {
    signal: call.signal,
  });
}

async function* rows(
  parts: ModelParts,
  texts: Texts,
  call: StreamCall,
  event: EventContext<"embed_texts">,
): AsyncGenerator<StreamRow[], void, undefined> {
  const { options, inputType } = call;
  const { cache, requests } = parts;
  const results = new StreamResults();
  const send = async (
    batch: TextBatch,
    context: JobContext,
    { inputs }: StreamBatch,
  ): Promise<VerifiedResponse> => {
    const nameOf = (text: string): string => nameInList(inputs.find((each) => each.text === text)!.index);
    const response = await requests.send(batch, call, context, nameOf);
    await cache?.store.write(
      batch.texts.map((text, i) => ({
        key: cache.store.keyOf(text, inputType),
        embedding: response.embeddings[i]!,
      })),
    );
    results.requests++;
    results.usage.add(response.usage);
    return response;
  };
  const chargeOf = (batch: TextBatch): RequestCharge => requests.chargeOf(batch);
  const toJob = (batch: StreamBatch): ResponseJob =>
    sizedJob(chargeOf(batch), async (context) => {
      if (batch.texts.length > 0) return send(batch, context, batch);
      context.lease?.cancel();
      return undefined;
    });
  const plan = new StreamPlan(parts.rules, options.settle ?? false);
  const source = new StreamSource(plan, toJob);
  const { cut } = parts.rules;
  const sent = cut ? shortened(texts, cut, () => results.truncated++) : texts;
  const jobs = cache
    ? source.cut(lookedUp(sent, cache.store, inputType), ([text, known]) => plan.push(text, known))
    : source.cut(sent, (text) => plan.push(text));
  try {
    const { buffer, settle, bisect = true } = options;
    const shared = { ...jobOptions(parts, call), ...chargeOptions(parts.rate, chargeOfJob), buffer };
    const batches = settle
      ? settledBatches(source, jobs, {
          bisection: new Bisection(bisect),
          measure: parts.rules.measure,
          options: { ...shared, workers: sharedWorkers(shared) },
          chargeOf,
          send,
        })
      : embeddedBatches(source, jobs, shared);
    for await (const [batch, outcomes, from, to] of batches) yield results.rowsOf(batch, outcomes, from, to);
    source.throwIfFailed();
  } finally {
    event.set({ ...results.facts, dimensions: requests.dimensions });
  }
}

type Jobs = AsyncIterable<ResponseJob>;
/** The texts of a request in parts, in order: `from` and `to` are indexes of its inputs. */
type Batches = AsyncGenerator<
  [batch: StreamBatch, outcomes: Outcomes | undefined, from?: number, to?: number],
  void,
  undefined
>;

/** @throws the error of the first request that fails */
async function* embeddedBatches(source: StreamSource, jobs: Jobs, options: RequestJobOptions): Batches {
  for await (const response of streamJobs(jobs, options)) yield [source.take(), response];
}

/** Continues after the failure of a request, with its parts if that may help. */
async function* settledBatches(
  source: StreamSource,
  jobs: Jobs,
  context: PartsContext<StreamBatch>,
): Batches {
  for await (const outcome of streamJobs(jobs, { ...context.options, settle: true })) {
    const batch = source.take();
    if (outcome.status === "fulfilled") {
      context.bisection.succeeded();
      yield [batch, outcome.value];
    } else {
      yield* embeddedInParts(batch, outcome.reason, context);
    }
  }
}

/** Yields texts as soon as their outcome, and that of all before them, is final. */
async function* embeddedInParts(
  batch: StreamBatch,
  error: unknown,
  context: PartsContext<StreamBatch>,
): Batches {
  const { inputs } = batch;
  let from = 0;
  for await (const outcomes of embedInParts(batch, error, context)) {
    let to = from;
    while (to < inputs.length && outcomes.isFinal[inputs[to]!.position ?? -1] !== false) to++;
    if (to > from) yield [batch, outcomes, from, to];
    from = to;
  }
}

/** The parts of failed requests are sent alongside the other requests, and share their workers. */
function sharedWorkers({ workers }: JobOptions): JobOptions["workers"] {
  return typeof workers === "number" ? new Semaphore(workers) : workers;
}
