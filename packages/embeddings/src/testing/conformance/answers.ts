import assert from "node:assert/strict";
import type { Fault } from "../fault.ts";
import { rejectionError } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Facts } from "./facts.ts";

type Applies = (facts: Facts) => boolean;

const hasIndex: Applies = ({ tellsIndex }) => tellsIndex;
const hasTwo: Applies = ({ hasService, limits }) => hasService && limits.inputs >= 2;
const hasBase64: Applies = ({ hasService, capabilities }) =>
  hasService && capabilities.wireFormats.includes("base64");

const bad: readonly (readonly [what: string, fault: Fault, applies?: Applies])[] = [
  ["a vector too few", { kind: "missing" }],
  ["a vector too many", { kind: "extra" }],
  ["an index that is there twice", { kind: "duplicate" }, (facts) => hasIndex(facts) && hasTwo(facts)],
  ["an index out of range", { kind: "outOfRange" }, hasIndex],
  ["an index that is no number", { kind: "badIndex" }, hasIndex],
  ["a number that is not finite", { kind: "notFinite" }],
  ["null for a number", { kind: "notFinite", value: "null" }],
  ["one vector of other dimensions", { kind: "wrongDimension", which: "one" }, hasTwo],
  ["base64 of a wrong length", { kind: "badBase64" }, hasBase64],
  ["base64 with characters that are none", { kind: "badBase64", how: "characters" }, hasBase64],
  ["JSON of another shape", { kind: "otherShape" }],
  ["a list for an answer", { kind: "otherShape", body: [] }],
  ["null for an answer", { kind: "otherShape", body: "null" }],
  ["an empty body", { kind: "empty" }],
  ["what is no JSON", { kind: "notJson" }],
];

export const answers: readonly ConformanceCase[] = [
  ...bad.map(([what, fault, applies]): ConformanceCase => ({
    name: `takes no vectors from an answer with ${what}`,
    applies,
    async run(bench) {
      bench.server.plan(fault);
      const model = bench.create({ retry: { attempts: 1 } });
      const texts = bench.textsForOne(3);
      await rejectionError(model.getTextEmbeddingBatch(texts), `an answer with ${what}`);
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
    },
  })),
  ...([8, -8] as const).map((more): ConformanceCase => ({
    name: `takes no vectors of ${more > 0 ? "more" : "fewer"} dimensions than those before`,
    async run(bench) {
      const model = bench.create({ retry: { attempts: 1 } });
      const texts = bench.textsForOne(3);
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
      const dimensions = Math.max(1, bench.server.requests[0]!.ask!.dimensions + more);
      bench.server.plan({ kind: "wrongDimension", dimensions });
      await rejectionError(model.getTextEmbeddingBatch(texts), `an answer of ${dimensions} dimensions`);
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
    },
  })),
  ...(["base64", "notBase64"] as const).map((kind): ConformanceCase => ({
    name: `takes ${kind === "base64" ? "base64" : "arrays"}, asked for or not`,
    applies: hasBase64,
    async run(bench) {
      bench.server.plan({ kind });
      const texts = bench.textsForOne(3);
      bench.assertAllRight((await bench.create().getTextEmbeddingBatch(texts)).embeddings, texts);
      assert.equal(bench.sent, 1, "an answer in the other form is a good one");
    },
  })),
];
