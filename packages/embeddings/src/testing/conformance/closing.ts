import assert from "node:assert/strict";
import { passages, rejectionError, underWay } from "./assertions.ts";
import type { Model } from "./bench.ts";
import { type ConformanceCase, everywhere } from "./conformance-case.ts";

export const closing: readonly ConformanceCase[] = [
  {
    name: "a closed model takes no more calls, and says why",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      const [text] = passages(1) as [string];
      const begun = model.streamTextEmbeddings([text]);
      assert.equal(model.closed, false);
      await model.aclose();
      assert.equal(model.closed, true);
      const calls: (readonly [string, () => Promise<unknown>])[] = [
        ["getTextEmbedding", async () => model.getTextEmbedding(text)],
        ["getQueryEmbedding", async () => model.getQueryEmbedding(text)],
        ["getTextEmbeddingBatch", async () => model.getTextEmbeddingBatch([text])],
        ["streamTextEmbeddings", async () => model.streamTextEmbeddings([text]).next()],
        ["a stream from before", async () => begun.next()],
      ];
      for (const [what, call] of calls) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(call(), `${what} of a closed model`);
        assert.match(error.message, /\bclosed\b/, `${what} must say that the model is closed`);
      }
      assert.equal(bench.sent, 0, "nothing is to be sent");
    },
  },
  {
    name: "closing twice does no harm, at once and later",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      await model.getTextEmbedding(passages(1)[0]!);
      await Promise.all([model.aclose(), model.aclose(), model[Symbol.asyncDispose]()]);
      await model.aclose();
      await model.aclose({ abort: true });
      assert.equal(model.closed, true);
    },
  },
  {
    name: "closing waits for calls that are under way",
    async run(bench) {
      const model = bench.create();
      const texts = bench.textsFor(2);
      const { promise: until, resolve: answer } = Promise.withResolvers<void>();
      bench.server.plan({ kind: "held", until });
      const ended: string[] = [];
      const call = underWay(model.getTextEmbeddingBatch(texts, { workers: 1 }));
      const noted = underWay(call.then(() => ended.push("call")));
      await bench.untilSent(1, call);
      const closed = underWay(Promise.all([model.aclose(), model.aclose()]).then(() => ended.push("aclose")));
      assert.equal(model.closed, true, "closed is true as soon as closing has begun");
      answer();
      await Promise.all([noted, closed]);
      assert.deepEqual(ended, ["call", "aclose"], "closing must end after the calls");
      bench.assertAllRight((await call).embeddings, texts);
    },
  },
  {
    name: "closing with abort ends what is under way",
    async run(bench) {
      const model = bench.create();
      bench.server.plan({ kind: "silent" });
      const call = underWay(model.getTextEmbedding(passages(1)[0]!));
      await bench.untilSent(1, call);
      await model.aclose({ abort: true });
      const error = await rejectionError(call, "a call of a model that is closed");
      assert.match(error.message, /\bclosed\b/, "the error must say that the model was closed");
      await bench.untilGivenUp();
    },
  },
  {
    name: "closing with abort ends what an earlier closing waits for",
    async run(bench) {
      const model = bench.create();
      bench.server.plan({ kind: "silent" });
      const call = underWay(model.getTextEmbedding(passages(1)[0]!));
      await bench.untilSent(1, call);
      const waiting = underWay(model.aclose());
      await Promise.all([waiting, model.aclose({ abort: true })]);
      await rejectionError(call, "a call of a model that is closed");
    },
  },
  {
    name: "closing ends streams that are under way",
    async run(bench) {
      const model = bench.create();
      bench.server.plan({ kind: "silent" });
      const next = underWay(model.streamTextEmbeddings(bench.textsForOne(2)).next());
      await bench.untilSent(1, next);
      await model.aclose();
      const error = await rejectionError(next, "a stream of a model that is closed");
      assert.match(error.message, /\bclosed\b/, "the error must say that the model was closed");
    },
  },
  {
    name: "closing leaves no connection open",
    async run(bench) {
      const { server } = bench;
      const model = bench.create();
      await model.getTextEmbeddingBatch(bench.textsFor(2));
      await model.aclose();
      await server.until(() => server.connections === 0);
    },
  },
  {
    name: "await using closes a model",
    applies: everywhere,
    async run(bench) {
      let used: Model;
      {
        await using model = bench.create();
        await model.getTextEmbedding(passages(1)[0]!);
        used = model;
      }
      assert.equal(used.closed, true);
    },
  },
];
