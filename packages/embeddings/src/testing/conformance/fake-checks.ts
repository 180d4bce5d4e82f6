import assert from "node:assert/strict";
import { type EmbeddingLimits, limitNames } from "../../contract/embedding-limits.ts";
import type { ConformanceCase } from "./conformance-case.ts";

const statuses = [400, 401, 403, 404, 413, 422, 429, 500, 503];

/** What the other tests need of a fake: where it lacks that, they would fail for reasons that point elsewhere. */
export const fakeChecks: readonly ConformanceCase[] = [
  {
    name: "the fake refuses with the status that it is given",
    async run({ subject: { service } }) {
      for (const status of statuses) {
        const refused = service!.refuse(status, "a reason").status;
        assert.equal(
          refused,
          status,
          `refuse(${status}, …) of the fake has the status ${refused}, and must keep ${status}: where the service refuses with ` +
            `another status, define refuseLimits, refuseFields or refuseKey`,
        );
      }
    },
  },
  {
    name: "the fake returns vectors in the order in which they are given",
    async run({ facts }) {
      assert(
        !facts.sortsVectors,
        "the fake sorts vectors by their index: let its response have them as they are given, as the suite sends them in " +
          "another order to see whether the provider reads their indexes",
      );
    },
  },
  {
    name: "the model declares each limit that the fake states",
    applies: ({ fakeLimits }) => fakeLimits !== undefined,
    async run({ facts: { limits, fakeLimits } }) {
      for (const name of Object.keys(limitNames) as (keyof EmbeddingLimits)[]) {
        const enforced = fakeLimits![name] ?? Infinity;
        assert(
          mostOf(name, limits) <= enforced || limits[name] !== undefined,
          `the fake enforces limits.${name} of ${enforced}, and the model does not declare it, so that requests above it are ` +
            `sent, and refused: declare it, or correct the fake by the documents of the service; where a model cannot know ` +
            `the limit, give the suite a fake without it`,
        );
      }
    },
  },
];

/** The most that a request may have of what a limit counts, by the other limits of the same unit. */
function mostOf(name: keyof EmbeddingLimits, limits: EmbeddingLimits): number {
  if (name === "inputs") return limits.inputs;
  const unit = name.replace("PerInput", "") as "characters" | "bytes" | "tokens";
  const { [`${unit}PerInput` as const]: ofOne = Infinity, [unit]: ofAll = Infinity } = limits;
  return Math.min(ofAll, name === unit ? ofOne * limits.inputs : ofOne);
}
