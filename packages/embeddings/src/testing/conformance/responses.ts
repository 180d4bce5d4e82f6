import assert from "node:assert/strict";
import type { Fault } from "../fault.ts";
import { assertNames, rejection, rejectionError, secretBeginning } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Facts } from "./facts.ts";
import { foreignBodies, wrongIndexes } from "./response-faults.ts";

type Applies = (facts: Facts) => boolean;

const indexed: Applies = ({ hasIndex }) => hasIndex;
const hasTwo: Applies = ({ hasService, limits }) => hasService && limits.inputs >= 2;
const hasBase64: Applies = ({ hasService, capabilities }) =>
  hasService && capabilities.wireFormats.includes("base64");

/** In the other element types 0 is a value like any other. */
const hasZero: Applies = ({ hasService, elementType }) =>
  hasService && (elementType === "float" || elementType === "int8");

const bad: readonly (readonly [what: string, fault: Fault, applies?: Applies])[] = [
  ["one vector too few", { kind: "missing" }],
  ["one vector too many", { kind: "extra" }],
  ["a duplicate index", { kind: "duplicate" }, (facts) => indexed(facts) && hasTwo(facts)],
  ["an index out of range", { kind: "outOfRange" }, indexed],
  ["an index that is not a number", { kind: "badIndex" }, indexed],
  ["indexes that are all 0", { kind: "indexes", how: "zeros" }, (facts) => indexed(facts) && hasTwo(facts)],
  ["indexes that count from 1", { kind: "indexes", how: "fromOne" }, indexed],
  ["a number that is not finite", { kind: "notFinite" }],
  ["null instead of a number", { kind: "notFinite", value: "null" }],
  ["a bare NaN instead of a number", { kind: "notFinite", value: "NaN" }],
  ["a vector of zeros", { kind: "zeroVector" }, hasZero],
  ["one vector of other dimensions", { kind: "wrongDimension", which: "one" }, hasTwo],
  ["base64 of the wrong length", { kind: "badBase64" }, hasBase64],
  ["base64 with invalid characters", { kind: "badBase64", how: "characters" }, hasBase64],
  ...foreignBodies,
];

/** Unambiguous indexes. */
const oddIndexes = [
  ["an index that is left out where it is 0", "noZero"],
  ["indexes that are all left out", "none"],
  ["indexes that are strings", "strings"],
] as const;

export const responses: readonly ConformanceCase[] = [
  ...bad.map(([what, fault, applies]): ConformanceCase => ({
    name: `rejects a response with ${what}`,
    applies,
    async run(bench) {
      bench.server.plan(fault);
      const model = bench.create({ retry: { attempts: 1 } });
      const texts = bench.textsForOne(3);
      await rejectionError(model.getTextEmbeddingBatch(texts), `a response with ${what}`);
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
    },
  })),
  {
    name: "does not retry after wrong indexes, as each attempt is paid for",
    applies: (facts) => indexed(facts) && hasTwo(facts),
    async run(bench) {
      const model = bench.create();
      const texts = bench.textsForOne(3);
      for (const [asked, fault] of wrongIndexes.entries()) {
        bench.server.plan(fault);
        // One after another, each with its fault.
        // oxlint-disable-next-line no-await-in-loop
        await rejectionError(model.getTextEmbeddingBatch(texts), "a response with wrong indexes");
        assert.equal(bench.sent, asked + 1, "nothing may be sent again");
      }
    },
  },
  ...oddIndexes.map(([what, how]): ConformanceCase => ({
    name: `assigns vectors by ${what}`,
    applies: (facts) => indexed(facts) && facts.keepsIndexes,
    async run(bench) {
      bench.server.plan({ kind: "indexes", how });
      const texts = bench.textsForOne(5);
      bench.assertAllRight((await bench.create().getTextEmbeddingBatch(texts)).embeddings, texts);
      assert.equal(bench.sent, 1, `a response with ${what} is valid`);
    },
  })),
  ...(["null", "NaN"] as const).map((value): ConformanceCase => ({
    name: `names the text and the index of a number that is ${value}`,
    async run(bench) {
      bench.server.plan({ kind: "notFinite", value });
      const model = bench.create({ retry: { attempts: 1 } });
      const texts = bench.textsForOne(3);
      const failed = await rejectionError(model.getTextEmbeddingBatch(texts), `a response with ${value}`);
      const error = failed.cause as Error;
      const advice = ": give postJson `parse: parseEmbeddings`, which reads a bare NaN";
      assertNames(error, texts.length - 1, value === "NaN" ? advice : "");
      assert.match(
        error.message,
        /\b(null|NaN) at index 0\b/,
        "the message must name the index in the vector",
      );
    },
  })),
  {
    name: "names the form of a response without embeddings, and shows none of its content",
    async run(bench) {
      const body = { object: "list", model: `${secretBeginning} of a model`, [secretBeginning]: [0.5] };
      bench.server.plan({ kind: "otherShape", body });
      const error = await rejection(bench.create().getTextEmbedding("a text"), "a response of another shape");
      assert.match(String(error), /the response is an object with object, model$/);
    },
  },
  {
    name: "rejects a response with null instead of an item, as an EmbeddingResponseError",
    applies: ({ hasList, limits }) => hasList && limits.inputs >= 2,
    async run(bench) {
      const model = bench.create();
      const texts = bench.textsForOne(3);
      bench.server.plan({ kind: "nullItem" });
      const { cause } = await rejectionError(model.getTextEmbeddingBatch(texts), "a response with null");
      const { name, message } = cause as Error;
      assert.equal(
        name,
        "EmbeddingResponseError",
        `null in the list is a ${name} (${message}): read each item with \`?.\`, as it may be null`,
      );
      assert.equal(bench.sent, 1, "nothing may be sent again");
    },
  },
  {
    name: "aborts a response longer than any valid one, and does not retry",
    async run(bench) {
      bench.server.plan({ kind: "endless" });
      const model = bench.create();
      const [text] = bench.textsForOne(1) as [string];
      const error = await rejectionError(model.getTextEmbedding(text), "an endless response");
      assert.equal(error.retryable, false, "the error must say that another attempt cannot help");
      assert.equal(bench.sent, 1, "nothing may be sent again");
      await bench.untilAbandoned();
      bench.assertRight(await model.getTextEmbedding(text), text);
    },
  },
  ...([8, -8] as const).map((more): ConformanceCase => ({
    name: `rejects vectors of ${more > 0 ? "more" : "fewer"} dimensions than those before`,
    async run(bench) {
      const model = bench.create({ retry: { attempts: 1 } });
      const texts = bench.textsForOne(3);
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
      const dimensions = Math.max(1, bench.server.requests[0]!.ask!.dimensions + more);
      bench.server.plan({ kind: "wrongDimension", dimensions });
      await rejectionError(model.getTextEmbeddingBatch(texts), `a response of ${dimensions} dimensions`);
      bench.assertAllRight((await model.getTextEmbeddingBatch(texts)).embeddings, texts);
    },
  })),
  ...(["base64", "notBase64"] as const).map((kind): ConformanceCase => ({
    name: `accepts ${kind === "base64" ? "base64" : "arrays"}, requested or not`,
    applies: hasBase64,
    async run(bench) {
      bench.server.plan({ kind });
      const texts = bench.textsForOne(3);
      bench.assertAllRight((await bench.create().getTextEmbeddingBatch(texts)).embeddings, texts);
      assert.equal(bench.sent, 1, "a response in the other form is valid");
    },
  })),
];
