import { Closing, type JobContext, mapJobs } from "@llx/async";
import type { CloseOptions } from "../contract/embedding-model.ts";
import { managerOf, setManager } from "../model/model-manager.ts";
import { checkCloseOptions } from "../model/check-call.ts";
import { OpenCalls } from "../model/open-calls.ts";
import { TextMeasure } from "../plan/text-measure.ts";
import { Attempts } from "../request/attempts.ts";
import { jobOptions } from "../request/model-parts.ts";
import { chargeOptions } from "../request/sized-job.ts";
import type { Pace } from "../request/pace.ts";
import { openFlow } from "../request/request-flow.ts";
import { withLimits } from "../support/limits.ts";
import { checkRerankerOptions, checkRerankOptions, checkRerankProvider } from "./check-reranker.ts";
import { rankTexts } from "./rank-texts.ts";
import { RerankResponseError } from "./rerank-response-error.ts";
import { readRerankUsage } from "./read-rerank-usage.ts";
import { type RerankLimits, rerankLimitNames } from "./rerank-limits.ts";
import type { RerankProvider, RerankRequest } from "./rerank-provider.ts";
import type { Reranker, Reranking, RerankOptions, RerankTruncation } from "./reranker.ts";
import type { RerankerOptions } from "./reranker-options.ts";
import { type RerankRules, sizeRequest } from "./size-request.ts";

/**
 * Creates a reranker from a provider's declaration.
 *
 * @throws TypeError or RangeError for an invalid declaration or invalid options
 */
export function createReranker(provider: RerankProvider, options: RerankerOptions = {}): Reranker {
  checkRerankProvider(provider);
  checkRerankerOptions(provider, options);
  return new EngineReranker(provider, options);
}

/** Of everything in a response except the results. */
const otherBytes = 2 ** 20;
/** Of one result in JSON, with room: no text is requested back. */
const bytesPerResult = 1_024;

class EngineReranker implements Reranker {
  readonly provider: string;
  readonly model: string;
  readonly limits: RerankLimits;
  readonly truncation: RerankTruncation;
  readonly #declared: RerankProvider;
  readonly #maxBytes: number | undefined;
  readonly #rules: RerankRules;
  readonly #pace: Pace;
  readonly #flow: Pick<Parameters<typeof jobOptions>[0], "workers" | "rate" | "retry">;
  readonly #timeout: number;
  readonly #attempts = new Attempts(RerankResponseError);
  readonly #calls: OpenCalls;
  readonly #closing: Closing;

  constructor(declared: RerankProvider, options: RerankerOptions) {
    const { provider, model, truncation = "never" } = declared;
    this.provider = provider;
    this.model = model;
    this.truncation = truncation;
    this.#declared = declared;
    setManager(this, options.callbackManager);
    this.#maxBytes = options.maxBytes;
    const { pace, workers, retry, timeout } = openFlow(declared, options);
    this.#pace = pace;
    this.#flow = { workers, rate: pace.limiter, retry };
    const limits = withLimits(declared.limits, options.limits, rerankLimitNames);
    // A request with more texts than may start in an interval could never start.
    const inputs = Math.min(limits.inputs ?? Infinity, pace.mostInputs);
    this.limits = { ...limits, inputs: inputs === Infinity ? undefined : inputs };
    this.#rules = {
      provider,
      limits: this.limits,
      measure: new TextMeasure(options.countTokens ?? declared.countTokens),
      truncate: options.truncate ?? false,
    };
    this.#timeout = timeout;
    this.#calls = new OpenCalls(`reranking with ${provider}`, () => pace.delay);
    this.#closing = new Closing(`the ${provider} reranker`, async () => {
      await this.#calls.idle();
      await this.#attempts.idle();
      await declared.aclose?.();
    });
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(options: CloseOptions = {}): Promise<void> {
    checkCloseOptions(options);
    const closing = this.#closing.aclose();
    if (options.abort) this.#calls.abort(new Error(`the ${this.provider} reranker was closed`));
    return closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  async rerank(query: string, texts: readonly string[], options: RerankOptions = {}): Promise<Reranking> {
    this.#closing.throwIfClosed();
    checkRerankOptions(options);
    const call = this.#calls.begin(options);
    try {
      return await this.#send(query, texts, options, call.signal);
    } finally {
      this.#calls.end(call);
    }
  }

  async #send(
    query: string,
    given: readonly string[],
    { topN, callbackManager }: RerankOptions,
    signal: AbortSignal,
  ): Promise<Reranking> {
    const { texts, tokens, inputs } = sizeRequest(query, given, this.#rules);
    if (texts.length === 0) return { results: [], usage: undefined, requestId: undefined };
    const { provider, model } = this;
    const manager = managerOf(this, { callbackManager });
    const payload = { provider, model, count: texts.length, topK: topN, content: () => ({ query }) };
    return manager.event(
      "reranking",
      payload,
      async (event) => {
        const charge = this.#pace.chargeOf(tokens, inputs);
        const jobs = jobOptions({ provider, ...this.#flow }, { options: {}, manager, signal });
        const request = {
          query,
          texts,
          topN: topN && Math.min(topN, texts.length),
          truncate: this.#rules.truncate,
        };
        const [reranking] = await mapJobs([request], (each, job) => this.#attempt(each, job), {
          ...jobs,
          ...chargeOptions(this.#pace.limiter, () => charge),
        });
        const { results, usage, requestId } = reranking!;
        const counted = usage && { inputTokens: usage.inputTokens, totalTokens: usage.totalTokens };
        event.set({ count: results.length, usage: counted, requestId });
        return reranking!;
      },
      { signal },
    );
  }

  async #attempt(request: RerankRequest, { attempt, signal, lease }: JobContext): Promise<Reranking> {
    const { texts, topN = texts.length } = request;
    const timeout = this.#timeout;
    const maxBytes = this.#maxBytes ?? otherBytes + topN * bytesPerResult;
    try {
      const response = await this.#attempts.make(
        this.provider,
        { signal, attempt, timeout, maxBytes },
        (options) => this.#declared.rerank(request, options),
      );
      const { requestId, rateLimits } = response;
      const usage = readRerankUsage(response.usage);
      if (lease !== undefined) this.#pace.succeeded(lease, usage, rateLimits);
      const expected = { provider: this.provider, texts: texts.length, results: topN };
      return { results: rankTexts(response, expected), usage, requestId };
    } catch (error) {
      if (lease !== undefined) this.#pace.failed(lease, error);
      throw error;
    }
  }
}
