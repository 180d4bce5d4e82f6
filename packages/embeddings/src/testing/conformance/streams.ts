import assert from "node:assert/strict";
import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddedText, FailedText } from "../../contract/embedding-model.ts";
import { assertNames, passages, rejection, rejectionError, handled } from "./assertions.ts";
import { everywhere } from "./common-case.ts";
import type { ConformanceCase } from "./conformance-case.ts";

type Row = EmbeddedText<ElementType> | FailedText;

export const streams: readonly ConformanceCase[] = [
  {
    name: "a stream yields each text with its index and its vector, in order",
    async run(bench) {
      const { server } = bench;
      const texts = bench.textsFor(3);
      // An equal text in the same request, and one in another.
      texts.splice(1, 0, texts[0]!);
      texts.push(texts[0]!);
      server.plan({ kind: "held", until: server.until(() => bench.sent >= 2) });
      const stream = bench.create().streamTextEmbeddings(inTurns(texts), { workers: 2 });
      const rows: Row[] = [];
      for await (const row of stream) rows.push(row);
      assert.deepEqual(
        rows.map(({ index, text }) => [index, text]),
        [...texts.entries()],
        "each text must have one row, in order",
      );
      bench.assertAllRight(embeddingsOf(rows), texts);
      (rows[0]!.embedding as Float32Array).fill(1);
      bench.assertRight(rows[1]!.embedding, texts[1]!, 1);
    },
  },
  {
    name: "a stream accepts arrays and generators, and yields what a batch returns",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      const texts = bench.textsForOne(4);
      const { embeddings } = await model.getTextEmbeddingBatch(texts);
      for (const source of [texts, new Set(texts).values(), inTurns(texts)]) {
        const rows: Row[] = [];
        // One after another, as they are three readings of the same texts.
        // oxlint-disable-next-line no-await-in-loop
        for await (const row of model.streamTextEmbeddings(source)) rows.push(row);
        assert.deepEqual(
          rows.map(({ index, text }) => [index, text]),
          [...texts.entries()],
        );
        assert.deepEqual(embeddingsOf(rows), embeddings);
      }
    },
  },
  {
    name: "a stream sends and pulls nothing before the first row is read",
    async run(bench) {
      const model = bench.create();
      const source = counted(bench.textsForOne(2));
      const stream = model.streamTextEmbeddings(source.texts());
      await bench.assertQuiet(model);
      assert.equal(source.pulled, 0, "nothing may be pulled");
      await stream.return();
    },
  },
  {
    name: "a stream pulls no more than its workers and its buffer have room for",
    async run(bench) {
      const { inputs } = bench.facts.limits;
      const model = bench.create();
      const source = counted(passages(12 * inputs));
      const stream = model.streamTextEmbeddings(source.texts(), { workers: 1, buffer: 1 });
      const { value: row } = await stream.next();
      assert.equal(row?.index, 0);
      // It has time to pull more.
      for (const text of passages(3, "canary")) {
        // oxlint-disable-next-line no-await-in-loop
        await model.getTextEmbedding(text);
      }
      // One request is being read, one waits, one is in flight, and one is being filled.
      const most = 4 * inputs + 1;
      assert(source.pulled <= most, `${source.pulled} texts were pulled, and there is room for ${most}`);
      await stream.return();
      assert(source.closed, "the source must be closed");
    },
  },
  {
    name: "leaving a stream early closes its source and aborts its requests",
    async run(bench) {
      const { server } = bench;
      server.plan("none", { kind: "silent" });
      const { inputs } = bench.facts.limits;
      // The second request starts after the first has arrived: so the silent one is the second.
      const source = counted(passages(6 * inputs), async (index) => {
        if (index === inputs + 1) await server.until(() => bench.sent >= 1);
      });
      const model = bench.create();
      for await (const row of model.streamTextEmbeddings(source.texts(), { workers: 2, buffer: 2 })) {
        assert.equal(row.index, 0);
        await server.until(() => bench.sent >= 2);
        break;
      }
      assert(source.closed, "the source must be closed after leaving the loop");
      await bench.untilAbandoned();
    },
  },
  {
    name: "a stream throws the error of its source",
    async run(bench) {
      const { inputs } = bench.facts.limits;
      const broken = new Error("the source is broken");
      const source = counted(passages(inputs + 2), async (index) => {
        if (index === inputs + 1) throw broken;
      });
      const rows: Row[] = [];
      const reading = async (): Promise<void> => {
        for await (const row of bench.create().streamTextEmbeddings(source.texts())) rows.push(row);
      };
      assert.equal(
        await rejection(reading(), "a stream of a broken source"),
        broken,
        "it must be the error itself",
      );
      // Requests in flight are aborted: so there may be no rows.
      for (const { index, text, embedding } of rows) bench.assertRight(embedding, text, index);
    },
  },
  {
    name: "the first failure stops a stream; what came before it is handed out",
    async run(bench) {
      const texts = bench.textsFor(4);
      bench.server.plan("none", { kind: "status", status: 400 });
      const model = bench.create();
      const rows: Row[] = [];
      const reading = async (): Promise<void> => {
        for await (const row of model.streamTextEmbeddings(texts, { workers: 1 })) rows.push(row);
      };
      const error = await rejectionError(reading(), "a stream with a failed request");
      assert.equal(error.status, 400, "it must be the error of the request itself");
      bench.assertAllRight(embeddingsOf(rows), bench.textsOf(0));
      await bench.assertQuiet(model);
    },
  },
  {
    name: "settle: true continues a stream after a failure",
    async run(bench) {
      const texts = bench.textsFor(3);
      texts[0] = " ";
      bench.server.plan("none", { kind: "status", status: 400 });
      const rows: Row[] = [];
      const options = { workers: 1, settle: true, bisect: false } as const;
      for await (const row of bench.create().streamTextEmbeddings(texts, options)) rows.push(row);
      assert.deepEqual(
        rows.map(({ index, text }) => [index, text]),
        [...texts.entries()],
        "each text must have one row, in order",
      );
      const lost = new Set(bench.textsOf(1));
      for (const { index, text, embedding, error } of rows) {
        if (index === 0) assert(error instanceof RangeError, "a blank text has a RangeError");
        else if (lost.has(text)) assert.equal((error as { status?: unknown }).status, 400);
        else bench.assertRight(embedding, text, index);
        assert.equal(embedding === undefined, index === 0 || lost.has(text), "a failed text has no vector");
      }
    },
  },
  {
    name: "a stream refuses a text that cannot be sent, and names its index",
    applies: everywhere,
    async run(bench) {
      const texts = passages(9);
      texts[7] = "";
      const reading = async (): Promise<void> => {
        for await (const _ of bench.create().streamTextEmbeddings(inTurns(texts)));
      };
      const error = await rejectionError(handled(reading()), "a stream with an empty text");
      assert(error instanceof RangeError, `an empty text is a RangeError, not ${error.name}`);
      assertNames(error, 7);
    },
  },
];

function embeddingsOf(rows: readonly Row[]): Row["embedding"][] {
  return rows.map(({ embedding }) => embedding);
}

async function* inTurns(texts: readonly string[]): AsyncGenerator<string, void, undefined> {
  yield* texts;
}

/** Texts, and how many of them are pulled. */
function counted(texts: readonly string[], before?: (index: number) => Promise<void>) {
  const source = {
    pulled: 0,
    closed: false,
    async *texts(): AsyncGenerator<string, void, undefined> {
      try {
        for (const [index, text] of texts.entries()) {
          // oxlint-disable-next-line no-await-in-loop
          await before?.(index);
          source.pulled++;
          yield text;
        }
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}
