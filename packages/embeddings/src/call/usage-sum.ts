import type { Usage } from "@llx/callbacks";
import { usageFields } from "../contract/usage-fields.ts";

/** Adds up the usage of requests. A count that one of them does not report is unknown, not 0. */
export class UsageSum {
  #sum: Usage | undefined;

  add(usage: Usage | undefined): void {
    const before = this.#sum;
    this.#sum = Object.fromEntries(
      usageFields.map((field) => [field, before ? plus(before[field], usage?.[field]) : usage?.[field]]),
    );
  }

  /** `undefined` if nothing is known. */
  get usage(): Usage | undefined {
    const sum = this.#sum;
    return sum && usageFields.some((field) => sum[field] !== undefined) ? sum : undefined;
  }
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
