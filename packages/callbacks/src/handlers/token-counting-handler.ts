import {
  checkCount,
  checkFunction,
  checkNames,
  describe,
  describeKind,
  errorProperty,
  isThenable,
  type NamesOf,
  refusePromise,
} from "@llx/support";
import type { CallbackHandler, Capture } from "../contract/callback-handler.ts";
import { checkFilters } from "../contract/check-filters.ts";
import type { AnyEventEnd, AnyEventStart } from "../contract/event.ts";
import type { EventTags } from "../contract/event-tags.ts";
import type { EventType } from "../contract/event-type.ts";
import type { Usage } from "../contract/usage.ts";
import { readUsage } from "../payloads/read-usage.ts";
import { textsOf } from "../payloads/readable-text.ts";

/** Counts the tokens of a text, or splits it into them. */
export type Tokenizer = (text: string) => number | { readonly length: number };

/** The tokens of one call of a model. */
export interface TokenCount {
  readonly type: "embedding" | "llm" | "reranking";
  /** As the service reports it, else as the call named it. */
  readonly model: string | undefined;
  readonly inputTokens: number;
  /** 0 where the type is not `llm`. */
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly eventId: string;
  readonly traceId: string;
  readonly traceName: string;
  readonly tags: EventTags;
  /** The service's id of the batch that the tokens are of; `undefined` for live calls. */
  readonly batch?: string | undefined;
}

/** How tokens are counted when a service does not report them, and how many may be used. */
export interface TokenCountingHandlerOptions {
  /** Counts tokens when a service does not report its usage. With it, the handler asks for the texts of events. */
  readonly tokenizer?: Tokenizer | undefined;
  /**
   * How many tokens may be used: once they are, each event that would start fails with a {@link TokenBudgetError}, before its
   * request is sent. What a request takes is known when it is answered, so the last ones, those in flight, may exceed the budget:
   * they keep their results. The `MoneyBudget` of `@llx/embeddings` refuses what does not fit. Default: no limit.
   */
  readonly tokenBudget?: number | undefined;
  /** How many calls are kept in `calls`; the oldest are dropped first. Default 1,000. */
  readonly maxCalls?: number | undefined;
  /**
   * Receives the count of each call that could be counted. What it throws, or rejects with, is reported as an error of the
   * handler; it never fails the work, which does not wait for a promise either: a flush does. For a `UsageLedger`, pass
   * `(count) => ledger.add(count)`, or `ledger.add` alone.
   */
  readonly onCount?: ((count: TokenCount) => void | PromiseLike<void>) | undefined;
  /** Event types before which the budget is not checked. */
  readonly ignoreEventStarts?: readonly EventType[] | undefined;
  /** Event types that are not counted, so the budget is not checked before them either. */
  readonly ignoreEventEnds?: readonly EventType[] | undefined;
}

const names: NamesOf<TokenCountingHandlerOptions> = {
  tokenizer: true,
  tokenBudget: true,
  maxCalls: true,
  onCount: true,
  ignoreEventStarts: true,
  ignoreEventEnds: true,
};

const mark = Symbol.for("@llx/callbacks/TokenBudgetError");

/** The budget of a {@link TokenCountingHandler} is used up: the event has not started. */
export class TokenBudgetError extends Error {
  override readonly name = "TokenBudgetError";
  readonly budget: number;
  readonly used: number;
  /** Another attempt does not help: retries read this. */
  readonly retryable: false = false;

  /** Also recognises the errors of another copy of this package. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && mark in value;
  }

  constructor(budget: number, used: number) {
    super(
      `${used} tokens are used of a budget of ${budget}; raise tokenBudget, or call reset() to start counting anew`,
    );
    this.budget = budget;
    this.used = used;
    Object.defineProperty(this, mark, { value: true });
  }
}

/**
 * Counts the tokens of `embedding` and `llm` events, by the usage that the service reports, otherwise with a tokenizer, and of
 * `reranking` events that report a usage. A budget stops the work: once it is used up, each event that would start fails, before
 * its request is sent. With a budget, or `onCount`, the first event that cannot be counted emits a process warning.
 */
export class TokenCountingHandler implements CallbackHandler {
  readonly name = "TokenCountingHandler";
  readonly raiseErrors = "starts";
  readonly capture: Capture;
  /** Tokens of texts that were embedded. */
  embeddingTokens = 0;
  /** Input tokens of language models. */
  promptTokens = 0;
  /** Output tokens of language models. */
  completionTokens = 0;
  /** Tokens of rerankers; a service that bills searches reports none. */
  rerankingTokens = 0;
  /** Events that reported no usage, and that no tokenizer could count. */
  uncountedEvents = 0;
  readonly ignoreEventStarts: readonly EventType[];
  readonly ignoreEventEnds: readonly EventType[];
  readonly #tokenizer: Tokenizer | undefined;
  readonly #budget: number;
  readonly #maxCalls: number;
  readonly #onCount: TokenCountingHandlerOptions["onCount"];
  #calls: TokenCount[] = [];
  #warned = false;

  /**
   * @throws RangeError for a budget that is not a number from 0, and for a `maxCalls` that is not a whole number from 0;
   *   TypeError for an unknown option, and for one of a wrong kind
   */
  constructor(options: TokenCountingHandlerOptions = {}) {
    checkNames(options, names);
    const { tokenizer, tokenBudget = Number.POSITIVE_INFINITY, maxCalls = 1000, onCount } = options;
    const isNumber = typeof tokenBudget === "number";
    if (!isNumber || !(tokenBudget >= 0)) {
      const message = `tokenBudget must be a number of tokens from 0, not ${describe(tokenBudget)}`;
      throw isNumber ? new RangeError(message) : new TypeError(message);
    }
    checkCount("maxCalls", maxCalls, 0);
    if (tokenizer !== undefined) checkFunction("tokenizer", tokenizer);
    if (onCount !== undefined) checkFunction("onCount", onCount);
    checkFilters(options);
    this.#maxCalls = maxCalls;
    this.#onCount = onCount;
    this.ignoreEventStarts = options.ignoreEventStarts ?? [];
    this.ignoreEventEnds = options.ignoreEventEnds ?? [];
    this.#tokenizer = tokenizer;
    this.#budget = tokenBudget;
    this.capture = tokenizer ? "full" : "sizes";
  }

  /** The latest counted calls, oldest first. */
  get calls(): readonly TokenCount[] {
    return this.#maxCalls === 0 ? [] : this.#calls.slice(-this.#maxCalls);
  }

  get totalTokens(): number {
    return this.embeddingTokens + this.promptTokens + this.completionTokens + this.rerankingTokens;
  }

  onEventStart(event: AnyEventStart): void {
    if (!usesTokens(event.type) || this.ignoreEventEnds.includes(event.type)) return;
    if (this.totalTokens >= this.#budget) throw new TokenBudgetError(this.#budget, this.totalTokens);
  }

  onEventEnd(event: AnyEventEnd): void | PromiseLike<void> {
    if (event.type === "embedding") return this.#countEmbedding(event);
    if (event.type === "llm") return this.#countLlm(event);
    if (event.type === "reranking") return this.#countReranking(event);
  }

  /** Restarts the count. */
  reset(): void {
    this.embeddingTokens = 0;
    this.promptTokens = 0;
    this.completionTokens = 0;
    this.rerankingTokens = 0;
    this.uncountedEvents = 0;
    this.#calls = [];
  }

  #countEmbedding(event: AnyEventEnd & { readonly type: "embedding" }): void | PromiseLike<void> {
    const usage = readUsage(event.endPayload.usage);
    const reported = usage?.totalTokens ?? usage?.inputTokens;
    const tokens = this.#count(event, reported, event.payload.content?.texts);
    this.embeddingTokens += tokens ?? 0;
    return tokens === undefined ? this.#miss(event) : this.#keep(event, tokens, 0);
  }

  #countLlm(event: AnyEventEnd & { readonly type: "llm" }): void | PromiseLike<void> {
    const { usage, content } = event.endPayload;
    const reported = partsOf(readUsage(usage));
    const prompt = this.#count(event, reported.prompt, textsOf(event.payload.content?.prompt));
    const completion = this.#count(event, reported.completion, textsOf(content?.completion));
    this.promptTokens += prompt ?? 0;
    this.completionTokens += completion ?? 0;
    if (prompt === undefined && completion === undefined) return this.#miss(event);
    if (prompt === undefined) this.#miss(event, "inputTokens in its usage");
    if (completion === undefined) this.#miss(event, "outputTokens in its usage");
    return this.#keep(event, prompt ?? 0, completion ?? 0);
  }

  #countReranking(event: AnyEventEnd & { readonly type: "reranking" }): void | PromiseLike<void> {
    const usage = readUsage(event.endPayload.usage);
    const tokens = usage?.totalTokens ?? usage?.inputTokens;
    // None is no miss: searches are billed by some services, and passages are reordered without a model, too.
    if (tokens === undefined) return;
    this.rerankingTokens += tokens;
    return this.#keep(event, tokens, 0);
  }

  #keep(
    event: AnyEventEnd<"embedding" | "llm" | "reranking">,
    inputTokens: number,
    outputTokens: number,
  ): void | PromiseLike<void> {
    const { type, payload, endPayload, traceId, traceName, tags } = event;
    const totalTokens = inputTokens + outputTokens;
    // A failed request that reports nothing costs nothing.
    if (totalTokens === 0 && event.status !== "ok") return;
    const count = {
      type,
      model: ("model" in endPayload ? endPayload.model : undefined) ?? payload.model,
      inputTokens,
      outputTokens,
      totalTokens,
      eventId: event.id,
      traceId,
      traceName,
      tags,
      ...("batch" in payload && { batch: payload.batch }),
    };
    if (this.#maxCalls > 0) {
      // Those that are too old are removed in bulk: removing one at each call would be slow.
      if (this.#calls.length >= 2 * this.#maxCalls) this.#calls = this.#calls.slice(-this.#maxCalls);
      this.#calls.push(count);
    }
    return this.#onCount?.(count);
  }

  #miss({ type, endPayload }: AnyEventEnd, what = "a usage that can be read"): void {
    this.uncountedEvents++;
    const isLimited = this.#budget !== Number.POSITIVE_INFINITY;
    if (this.#warned || !(isLimited || this.#onCount)) return;
    this.#warned = true;
    const problem = isLimited
      ? `tokenBudget: ${this.#budget} cannot be enforced`
      : "onCount has missed tokens";
    process.emitWarning(
      `${problem}: an event of the type ${type} has ended without ${what}${isThenable(errorProperty(endPayload, "usage")) ? " (it is a promise: await it)" : ""}; call event.set({ usage }) with the counts of the ` +
        "service, or give the TokenCountingHandler a tokenizer and the events their content. Further events are counted in " +
        "uncountedEvents",
      { type: "TokensUncounted", code: "LLX_TOKENS_UNCOUNTED" },
    );
  }

  /**
   * What the service reported, else what the tokenizer counts, else `undefined`. A failed request without a report costs
   * nothing.
   */
  #count(
    event: AnyEventEnd,
    reported: number | undefined,
    texts: readonly string[] | undefined,
  ): number | undefined {
    if (reported !== undefined) return reported;
    if (event.status !== "ok") return 0;
    if (this.#tokenizer === undefined || texts === undefined) return undefined;
    try {
      return texts.reduce((sum, text) => sum + countTokens(this.#tokenizer!, text), 0);
    } catch (error) {
      this.#miss(event);
      throw error;
    }
  }
}

/** @throws TypeError for what is no count */
function countTokens(tokenizer: Tokenizer, text: string): number {
  const counted = refusePromise("tokenizer", tokenizer(text));
  const tokens: unknown = typeof counted === "number" ? counted : counted?.length;
  if (Number.isFinite(tokens)) return tokens as number;
  throw new TypeError(
    `tokenizer must return a number of tokens or a list of them, not ${describeKind(counted)}`,
  );
}

/** Input and output tokens. A total alone counts as input. */
function partsOf(usage: Usage | undefined): {
  readonly prompt: number | undefined;
  readonly completion: number | undefined;
} {
  const { inputTokens, outputTokens, totalTokens } = usage ?? {};
  if (totalTokens === undefined) return { prompt: inputTokens, completion: outputTokens };
  const prompt = inputTokens ?? Math.max(0, totalTokens - (outputTokens ?? 0));
  // Some services count the thoughts of a model only in the total.
  return { prompt, completion: Math.max(outputTokens ?? 0, totalTokens - prompt) };
}

const usesTokens = (type: EventType): boolean =>
  type === "embedding" || type === "llm" || type === "reranking";
