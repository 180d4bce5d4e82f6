import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { InputType } from "../../contract/embedding-model.ts";
import { passages } from "./assertions.ts";
import type { Bench } from "./bench.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import type { Facts } from "./facts.ts";

export const inputTypes: readonly ConformanceCase[] = [
  {
    name: "sends queries differently from documents, and each in one form",
    applies: tellsQueriesApart,
    async run(bench) {
      const model = bench.create();
      const [text] = passages(1) as [string];
      await model.getTextEmbedding(text);
      await model.getTextEmbeddingBatch([text]);
      for await (const _ of model.streamTextEmbeddings([text]));
      await model.getQueryEmbedding(text);
      await model.getTextEmbeddingBatch([text], { inputType: "query" });
      const [document, second, third, query, fifth] = bench.server.requests.map(({ path, body }) => ({
        path,
        body,
      }));
      assert(!isDeepStrictEqual(query, document), "a query must be sent differently from a document");
      assert.deepEqual([second, third], [document, document], "texts are documents by default");
      assert.deepEqual(fifth, query, 'inputType "query" must send what getQueryEmbedding sends');
    },
  },
  {
    name: "sends each of several texts as the input type that was asked for",
    applies: tellsQueriesApart,
    async run(bench) {
      const model = bench.create();
      const texts = passages(3);
      /** What is in the bodies of some calls. */
      const sent = async (calls: readonly string[][], inputType: InputType): Promise<Set<unknown>> => {
        const before = bench.server.requests.length;
        await Promise.all(calls.map((asked) => model.getTextEmbeddingBatch(asked, { inputType })));
        return new Set(bench.server.requests.slice(before).flatMap(({ body }) => leavesOf(body)));
      };
      const alone = texts.map((text) => [text]);
      const forms = { query: await sent(alone, "query"), document: await sent(alone, "document") };
      for (const [inputType, other] of [
        ["query", "document"],
        ["document", "query"],
      ] as const) {
        // oxlint-disable-next-line no-await-in-loop -- their requests are told apart by their order
        const together = [...(await sent([texts], inputType))];
        const wrong = together.filter((each) => forms[other].has(each) && !forms[inputType].has(each));
        const shown = wrong.map((each) => JSON.stringify(each)).join(", ");
        assert.deepEqual(
          wrong,
          [],
          `several texts must be sent like one: as ${inputType} texts, and ${shown} is only sent for ${other} texts`,
        );
      }
    },
  },
  {
    name: "sends each declared input type as such",
    applies: ({ hasService, readsInputType, capabilities }) =>
      hasService && readsInputType && capabilities.inputTypes.length > 0,
    async run(bench) {
      const model = bench.create();
      const [text] = passages(1) as [string];
      const { inputTypes: declared } = model.capabilities;
      for (const inputType of declared) {
        // In order, as the requests are looked at in that.
        // oxlint-disable-next-line no-await-in-loop
        await model.getTextEmbeddingBatch([text], { inputType });
      }
      assertSent(sentTypes(bench), declared);
      await model.getTextEmbedding(text);
      await model.getQueryEmbedding(text);
      const expected = (["document", "query"] as const).filter((type) => declared.includes(type));
      const came = sentTypes(bench).slice(declared.length);
      assertSent(
        came.filter((type) => declared.includes(type!)),
        expected,
      );
    },
  },
];

function tellsQueriesApart({ hasService, capabilities }: Facts): boolean {
  return (
    hasService && (["document", "query"] as const).every((type) => capabilities.inputTypes.includes(type))
  );
}

/** The strings, numbers and others in a body, at any depth. */
function leavesOf(body: unknown): unknown[] {
  return typeof body === "object" && body !== null ? Object.values(body).flatMap(leavesOf) : [body];
}

function sentTypes({ subject, server }: Bench): (InputType | undefined)[] {
  return server.requests.map((request) => subject.inputTypeOf?.(request));
}

function assertSent(sent: readonly (InputType | undefined)[], asked: readonly InputType[]): void {
  const names = sent.map((type) => type ?? "none").join(", ");
  assert.deepEqual(
    sent,
    asked,
    `input types are mixed up: the model was asked for ${asked.join(", ")}, and has sent ${names}`,
  );
}
