import { checkPrices, raceAbort } from "@llx/support";
import type { Texts } from "../call/stream-source.ts";
import type { Estimate, EstimateOptions } from "../contract/estimate.ts";
import { costOf, priceOf } from "../costs/price-of.ts";
import type { ModelParts } from "../request/model-parts.ts";
import { plannedRequests } from "./planned-requests.ts";
import { RequestTimes } from "./request-times.ts";

/** Of a request of which nothing is known. */
const defaultLatency = 500;
/** Services count what they put around a text, too. */
const errorOfCounts = 0.02;
/** Measured: see `benchmarks/README.md`. */
const errorOfEstimates = 0.15;

/** Milliseconds after which other work of the process gets its turn. */
const longestTurn = 20;

/** Estimates a call of a model. Nothing is sent. */
export async function estimateCall(
  parts: ModelParts,
  texts: readonly string[] | Texts,
  options: EstimateOptions,
): Promise<Estimate> {
  options.signal?.throwIfAborted();
  // A source may never give its next text.
  return raceAbort(estimate(parts, texts, options), options.signal);
}

async function estimate(
  parts: ModelParts,
  texts: readonly string[] | Texts,
  options: EstimateOptions,
): Promise<Estimate> {
  const { model, rules, requests, rate } = parts;
  const { signal, inputType = "document", settle = false, prices } = options;
  if (prices !== undefined) checkPrices(prices);
  const price = prices && priceOf(prices, model);
  const latency = options.latency ?? requests.latency ?? defaultLatency;
  const workers = options.workers ?? ("limit" in parts.workers ? parts.workers.limit : parts.workers.permits);
  const { measure, truncate, limits } = rules;
  const longest = truncate ? (limits.tokensPerInput ?? Infinity) : Infinity;
  const isCounted = measure.isExact && longest === Infinity;
  const times = new RequestTimes({ workers, latency, rates: rate.state });
  const sums = { texts: 0, cached: 0, refused: 0, sent: 0, requests: 0, tokens: 0 };
  let turn = performance.now();
  for await (const request of plannedRequests(parts, texts, { inputType, settle, signal })) {
    if (performance.now() - turn > longestTurn) {
      await new Promise((resolve) => setImmediate(resolve));
      turn = performance.now();
    }
    sums.texts += request.inputs;
    sums.cached += request.cached;
    sums.refused += request.refused;
    if (request.texts.length === 0) continue;
    // What is counted was counted when the request was planned.
    let ofRequest = isCounted ? request.tokens : 0;
    if (!isCounted) for (const text of request.texts) ofRequest += Math.min(measure.estimate(text), longest);
    sums.requests++;
    sums.sent += request.texts.length;
    sums.tokens += ofRequest;
    times.add({ tokens: ofRequest, inputs: request.texts.length });
  }
  const { cached, refused, sent, tokens } = sums;
  return {
    texts: sums.texts,
    duplicates: sums.texts - cached - refused - sent,
    cached,
    refused,
    requests: sums.requests,
    tokens,
    tokensError: measure.isExact ? errorOfCounts : errorOfEstimates,
    cost: price && costOf(tokens, price.input),
    unpriced: price === undefined ? whyUnpriced(model, prices !== undefined) : undefined,
    batch: price?.batch && {
      cost: costOf(tokens, price.batch.input),
      window: price.batch.window,
    },
    duration: times.duration,
    latency,
  };
}

function whyUnpriced(model: string, hasPrices: boolean): string {
  return hasPrices
    ? `prices have no price of ${model}: add it as { ${JSON.stringify(model)}: { input } }, for 1,000,000 tokens`
    : "no prices were given: pass those of @llx/embeddings/prices, or your own, as the option prices";
}
