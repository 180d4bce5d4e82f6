import { type JobContext, type JobOptions, Semaphore, streamJobs } from "@llx/async";
import type { EventContext } from "@llx/callbacks";
import type { TextBatch } from "../plan/batch-builder.ts";
import { Bisection } from "./bisection.ts";
import type { ElementType } from "../contract/element-type.ts";
import { embedInParts, type Outcomes } from "./embed-in-parts.ts";
import type { EmbeddedText, EmbedStreamOptions, FailedText } from "../contract/embedding-model.ts";
import { jobOptions, type ModelCall, type ModelParts } from "../request/model-parts.ts";
import { OwnVectors } from "./own-vectors.ts";
import type { Answer } from "../request/requests.ts";
import { sizedJob } from "../request/sized-job.ts";
import { type StreamBatch, StreamPlan } from "../plan/stream-plan.ts";
import { type AnswerJob, lookedUp, StreamSource, type Texts } from "./stream-source.ts";
import { UsageSum } from "./usage-sum.ts";

export type { Texts } from "./stream-source.ts";

/** What a stream gives for a text. */
export type StreamRow = EmbeddedText<ElementType> | FailedText;

export interface StreamCall extends ModelCall {
  readonly options: EmbedStreamOptions & { readonly settle?: boolean | undefined };
}

/** Embeds a stream of texts, and gives the rows of one request after another, in order. */
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
  const { buffer, settle = false, bisect = true } = call.options;
  const plan = new StreamPlan(parts.rules, settle);
  // Answers come in the order of the requests.
  const sent: StreamBatch[] = [];
  const { inputType, manager } = call;
  const { cache } = parts;
  const usage = new UsageSum();
  let [count, cached, requests] = [0, 0, 0];
  const send = async (batch: TextBatch, { signal, attempt, lease }: JobContext): Promise<Answer> => {
    const answer = await parts.requests.send(batch, { inputType, manager, signal, attempt, lease });
    await cache?.store.write(
      batch.texts.map((text, at) => ({
        key: cache.store.keyOf(text, inputType),
        embedding: answer.embeddings[at]!,
      })),
    );
    requests++;
    usage.add(answer.usage);
    return answer;
  };
  const tokensFor = (batch: TextBatch): number => parts.requests.tokensFor(batch);
  const job = (batch: StreamBatch): AnswerJob => {
    sent.push(batch);
    return sizedJob(tokensFor(batch), async (context) => {
      if (batch.texts.length > 0) return send(batch, context);
      context.lease?.cancel();
      return undefined;
    });
  };
  const source = new StreamSource(plan, job);
  const jobs = cache
    ? source.cut(lookedUp(texts, cache.store, inputType), ([text, known]) => plan.push(text, known))
    : source.cut(texts, (text) => plan.push(text));
  try {
    const options = jobOptions(parts, call);
    if (settle) {
      const bisection = new Bisection(bisect);
      const shared = { ...options, workers: sharedWorkers(options) };
      const context = { bisection, measure: parts.rules.measure, options: shared, tokensFor, send };
      for await (const outcome of streamJobs(jobs, { ...shared, buffer, settle })) {
        const batch = sent.shift()!;
        if (outcome.status === "fulfilled") {
          bisection.answered();
          yield rowsOf(batch, outcome.value);
        } else {
          yield rowsOf(batch, await embedInParts(batch, outcome.reason, context));
        }
      }
    } else {
      for await (const answer of streamJobs(jobs, { ...options, buffer }))
        yield rowsOf(sent.shift()!, answer);
    }
    source.throwIfFailed();
  } finally {
    const { dimensions } = parts.requests;
    event.set({ count, requests, dimensions, usage: usage.usage, ...(cached > 0 && { cached }) });
  }

  function rowsOf({ inputs }: StreamBatch, outcomes: Partial<Outcomes> = {}): StreamRow[] {
    const own = new OwnVectors();
    return inputs.map(({ index, text, place }) => {
      if (place instanceof RangeError) return { index, text, error: place };
      const embedding = typeof place === "number" ? outcomes.embeddings?.[place] : place;
      if (embedding === undefined) return { index, text, error: outcomes.errors?.[place as number] };
      count++;
      if (typeof place === "number") return { index, text, embedding: own.take(place, embedding) };
      cached++;
      return { index, text, embedding };
    });
  }
}

/** Parts of failed requests go beside the other requests, and all of them take from the same workers. */
function sharedWorkers({ workers }: JobOptions): JobOptions["workers"] {
  return typeof workers === "number" ? new Semaphore(workers) : workers;
}
