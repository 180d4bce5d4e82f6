import type { Usage } from "@llx/callbacks";

/** What a request is expected to use. */
export interface ExpectedUsage {
  /** Tokens of its texts: counted or estimated. */
  readonly tokens: number;
  /** Texts. */
  readonly inputs: number;
  /** Of a call of a language model: the maximum of output tokens that the service was given. Default: unknown. */
  readonly outputTokens?: number | undefined;
}

/** What a budget holds for one request. The first call of a method counts; further calls do nothing. */
export interface BudgetReserve {
  /** The service has answered. Without a usage that it reports, all that is reserved counts as used. */
  answered(usage: Usage | undefined): void;
  /** There is no answer. */
  failed(error: unknown): void;
  /** Nothing was sent. */
  cancel(): void;
}

/** The part of one model in a budget. */
export interface ModelBudget {
  /**
   * Reserves what an attempt is expected to cost. Waits while requests in flight may still return enough of it.
   *
   * @throws what ends the call where nothing is left; the signal's reason
   */
  reserve(expected: ExpectedUsage, signal: AbortSignal): Promise<BudgetReserve>;
}

/** Pays for requests, of several models: `MoneyBudget` of `@llx/embeddings/costs`, or your own. */
export interface RequestBudget {
  /**
   * Called once, when a model is created.
   *
   * @throws for a model that it cannot pay for
   */
  open(model: string): ModelBudget;
}
