import assert from "node:assert/strict";
import type { Fault } from "../fault.ts";
import { rejection, secretBeginning } from "./assertions.ts";
import { assertHides } from "./assert-hides.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const failing: readonly (readonly [what: string, fault: Fault])[] = [
  ["a refusal that repeats the request", { kind: "echo" }],
  ["a refusal of the key that repeats the request", { kind: "echo", status: 401 }],
  ["an error that repeats the request", { kind: "echo", status: 500 }],
  ["a page of a gateway", { kind: "html", status: 502 }],
  ["a page with status 200", { kind: "html" }],
  ["text that is not JSON", { kind: "notJson" }],
  ["a response of another shape", { kind: "otherShape" }],
  ["a response with one vector too few", { kind: "missing" }],
  ["a response with a number that is not finite", { kind: "notFinite" }],
  ["a connection that is reset", { kind: "reset" }],
  ["a response that breaks off", { kind: "truncated" }],
];

export const secrets: readonly ConformanceCase[] = [
  {
    name: "a model shows no key",
    async run(bench) {
      const model = bench.create();
      bench.assertRight(await model.getTextEmbedding("a text"), "a text");
      assertHides(bench, model, "the model");
      assert.equal(typeof JSON.stringify(model), "string", "a model must be something that JSON can show");
    },
  },
  ...failing.map(([what, fault]): ConformanceCase => ({
    name: `an error shows neither key nor text: ${what}`,
    async run(bench) {
      const model = bench.create({ retry: { attempts: 1 } });
      const texts = bench.textsForOne(3);
      bench.server.plan(fault, fault, fault);
      const stream = model.streamTextEmbeddings(texts);
      const calls = [
        () => model.getTextEmbedding(texts[0]!),
        () => model.getTextEmbeddingBatch(texts),
        () => stream.next(),
      ];
      for (const call of calls) {
        // One after another, each with its fault.
        // oxlint-disable-next-line no-await-in-loop
        assertHides(bench, await rejection(call(), what), "the error");
      }
      const settled = await model.getTextEmbeddingBatch([texts[0]!, ""], { settle: true });
      assertHides(bench, settled.failed, "the list of failures");
    },
  })),
  {
    name: "an error of a time-out shows neither key nor text",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const model = bench.create({ retry: { attempts: 1 }, timeout: 50 });
      const call = model.getTextEmbeddingBatch(bench.textsForOne(3));
      assertHides(bench, await rejection(call, "a request without a response"), "the error");
    },
  },
  {
    name: "an error of a text that cannot be sent shows no text",
    async run(bench) {
      const texts = [...bench.textsForOne(3), `${secretBeginning} \ud83d`];
      const error = await rejection(
        bench.create().getTextEmbeddingBatch(texts),
        "a text that cannot be sent",
      );
      assertHides(bench, error, "the error");
    },
  },
];
