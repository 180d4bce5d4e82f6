import type { Usage } from "@llx/callbacks";

/** Adds up what requests have used, as far as every one of them told: what one leaves out is unknown, not 0. */
export class UsageSum {
  #input: number | undefined = 0;
  #output: number | undefined = 0;
  #total: number | undefined = 0;
  #isEmpty = true;

  add(usage: Usage | undefined): void {
    this.#isEmpty = false;
    this.#input = sum(this.#input, usage?.inputTokens);
    this.#output = sum(this.#output, usage?.outputTokens);
    this.#total = sum(this.#total, usage?.totalTokens);
  }

  /** `undefined` where nothing is known. */
  get usage(): Usage | undefined {
    if (this.#isEmpty) return undefined;
    const usage = { inputTokens: this.#input, outputTokens: this.#output, totalTokens: this.#total };
    return Object.values(usage).some((value) => value !== undefined) ? usage : undefined;
  }
}

function sum(total: number | undefined, more: number | undefined): number | undefined {
  return total === undefined || more === undefined ? undefined : total + more;
}
