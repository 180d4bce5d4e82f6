import type { Price } from "@llx/callbacks/usage";
import type { InputType } from "./input-type.ts";

/** What an estimate assumes. */
export interface EstimateOptions {
  /** Its abort stops the estimate. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What the texts are embedded for: a cache keeps the embeddings of each type apart.
   *
   * @default "document"
   */
  readonly inputType?: InputType | undefined;
  /**
   * How many requests run at once.
   *
   * @default the workers of the model
   */
  readonly workers?: number | undefined;
  /**
   * `true` counts texts that cannot be sent, as `refused`; otherwise the first of them is an error, as in the call.
   *
   * @default false
   */
  readonly settle?: boolean | undefined;
  /** What models cost, by their names: `prices` of `@llx/embeddings/prices`, or your own. Without it there is no cost. */
  readonly prices?: Readonly<Record<string, Price>> | undefined;
  /**
   * Milliseconds that a request takes.
   *
   * @default the mean of the model's requests so far, else 500
   */
  readonly latency?: number | undefined;
}

/** What a call would send, cost and take. */
export interface Estimate {
  /** Texts in all. */
  readonly texts: number;
  /** Of these, texts that equal another one that is sent. */
  readonly duplicates: number;
  /** Of these, texts whose embeddings are in the cache. */
  readonly cached: number;
  /** Of these, texts that cannot be sent: only with `settle`. */
  readonly refused: number;
  /** How many requests are sent, without further attempts. */
  readonly requests: number;
  /** Tokens in all requests. */
  readonly tokens: number;
  /**
   * How far `tokens` may be from what the service counts, as a fraction: 0.02 where they are counted (`countTokens`), as
   * services add tokens of their own; 0.15 where they are estimated, measured against the tokenizer of OpenAI's embedding
   * models. Those of other services have fewer tokens in text that is not English: give the model `countTokens`.
   */
  readonly tokensError: number;
  /** In the currency of the prices; `undefined` if the price of the model is unknown. */
  readonly cost: number | undefined;
  /** Why there is no cost. */
  readonly unpriced: string | undefined;
  /** The same texts through the batch API of the service, where the price of that is known. */
  readonly batch:
    | {
        /** In the currency of the prices. */
        readonly cost: number;
        /** Milliseconds within which the service promises the results. */
        readonly window: number;
      }
    | undefined;
  /**
   * Milliseconds from the first request to the last response, as far as they follow from `latency`, from `workers` (of a
   * model whose workers adapt, as many as at the moment), and from the rate limits that the model knows: those that were
   * declared, those that the service has reported, and those that were learned from its refusals. A model that has sent
   * nothing yet knows only the first. Assumes that nothing else has used those limits, that no request is refused or fails,
   * and that the number of workers stays the same.
   */
  readonly duration: number;
  /** Milliseconds for a request, which `duration` assumes. */
  readonly latency: number;
}
