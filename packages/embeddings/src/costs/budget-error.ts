import { brand } from "@llx/support";

/** A request was not sent, as it would cost more than is left of a {@link MoneyBudget}. */
export class BudgetError extends Error {
  static {
    brand(this, "@llx/embeddings/BudgetError");
  }

  override readonly name = "BudgetError";
  readonly model: string;
  /** In the currency of the prices, as all of these. */
  readonly limit: number;
  readonly spent: number;
  /** For requests in flight, when the error was thrown. */
  readonly reserved: number;
  /** What the request would have reserved. */
  readonly needed: number;
  /** Another attempt does not help: retries read this. */
  readonly retryable: false = false;

  constructor(
    model: string,
    { limit, spent, reserved, needed }: Readonly<Record<"limit" | "spent" | "reserved" | "needed", number>>,
  ) {
    super(
      `the budget of ${amount(limit)} does not suffice: ${amount(spent)} is spent, ${amount(reserved)} is reserved for ` +
        `requests in flight, and a request to ${model} needs ${amount(needed)}, with a margin; raise limit, or make requests smaller: with limits: { inputs } for an embedding model, fewer output tokens for a language model`,
    );
    this.model = model;
    this.limit = limit;
    this.spent = spent;
    this.reserved = reserved;
    this.needed = needed;
  }
}

/** Without digits that mean nothing. */
function amount(value: number): string {
  return String(Number(value.toPrecision(6)));
}
