import assert from "node:assert/strict";
import { fakeVector } from "../fake-vector.ts";
import type { PlannedFault } from "../fault.ts";
import { failures, passages } from "./assertions.ts";
import type { Bench } from "./bench.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Facts } from "./facts.ts";

/** A fault of which the response is valid. */
const harmless: readonly PlannedFault[] = [{ kind: "delay", ms: 5 }, { kind: "noUsage" }];
const harmful: readonly PlannedFault[] = [
  { kind: "status", status: 429, wait: 1 },
  { kind: "status", status: 400 },
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "html", status: 502 },
  { kind: "html" },
  { kind: "reset" },
  { kind: "reset", when: "body" },
  { kind: "truncated" },
  { kind: "truncated", how: "json" },
  { kind: "notJson" },
  { kind: "empty" },
  { kind: "otherShape" },
  { kind: "missing" },
  { kind: "extra" },
  { kind: "notFinite" },
];
/** Faults of a response with indexes; without them, the order of the vectors is all there is. */
const ofIndexes: readonly PlannedFault[] = [{ kind: "outOfRange" }, { kind: "badIndex" }];

const count = 1_000;
/** So few that there are more than a hundred requests. */
const mostInputs = 8;
const share = 0.05;

export const thousandTexts: readonly ConformanceCase[] = [
  {
    name: `gives each of ${count} texts its own vector or its failure, whatever the service does`,
    async run(bench) {
      const inputs = Math.min(bench.facts.limits.inputs, mostInputs);
      const plan = planFaults(Math.ceil(count / inputs), bench.facts);
      bench.server.plan(...plan);
      // No pace but that of the service's refusals.
      const model = bench.create({ workers: 4, rate: false, limits: { inputs } });
      const texts = passages(count);
      const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { settle: true });
      assert(bench.sent >= plan.length, `${bench.sent} requests are too few for ${count} texts`);
      assert.equal(embeddings.length, count, "there must be an item for each text");
      const { indexes, errors } = failures(failed);
      assert.deepEqual(
        indexes,
        [...new Set(indexes)].toSorted((a, b) => a - b),
        "failed must list each text once",
      );
      for (const error of errors) assert(error instanceof Error, "a failure must have its error");
      const lost = new Set(indexes);
      const most = inputs * plan.filter((fault) => fault !== "none" && !harmless.includes(fault)).length;
      assert(lost.size <= most, `${lost.size} texts have failed, and faults have hit ${most} at most`);
      const served = timesServed(bench, plan);
      for (const [index, text] of texts.entries()) {
        const times = served.get(text) ?? 0;
        if (lost.has(index)) {
          assert.equal(embeddings[index], undefined, `texts[${index}] has failed, and has a vector`);
          assert.equal(
            times,
            0,
            `texts[${index}] has failed, although the service has responded with its vector`,
          );
        } else {
          assert(embeddings[index] !== undefined, `texts[${index}] has no vector, and is not in failed`);
          bench.assertRight(embeddings[index], text, index);
          assert.equal(
            times,
            1,
            `the service has responded ${times} times with the vector of texts[${index}]`,
          );
        }
      }
    },
  },
];

/** The faults of so many requests: the same in each run, each kind at least once, and not in the first request. */
function planFaults(requests: number, { hasIndex }: Facts): PlannedFault[] {
  const faults = [...harmless, ...harmful, ...(hasIndex ? ofIndexes : [])];
  const plan: PlannedFault[] = Array.from({ length: requests }, () => "none");
  // Numbers without a pattern: the smallest ones say which requests have a fault.
  const numbers = fakeVector("faults of requests", requests - 1);
  const order = [...numbers.keys()].toSorted((a, b) => numbers[a]! - numbers[b]!);
  const total = Math.max(faults.length, Math.round(requests * share));
  for (const [at, index] of order.slice(0, total).entries()) plan[index + 1] = faults[at % faults.length]!;
  return plan;
}

/** How many valid responses had the vector of each text. */
function timesServed({ server }: Bench, plan: readonly PlannedFault[]): Map<string, number> {
  const served = new Map<string, number>();
  for (const [at, { ask }] of server.requests.entries()) {
    const fault = plan[at] ?? "none";
    if (fault !== "none" && !harmless.includes(fault)) continue;
    for (const text of ask?.texts ?? []) served.set(text, (served.get(text) ?? 0) + 1);
  }
  return served;
}
