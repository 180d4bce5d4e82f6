import assert from "node:assert/strict";
import { passages, rejectionError, handled } from "./assertions.ts";
import type { Model } from "./bench.ts";
import { everywhere } from "./common-case.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const closing: readonly ConformanceCase[] = [
  {
    name: "a closed model refuses calls, and says why",
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
      assert.equal(bench.sent, 0, "nothing may be sent");
    },
  },
  {
    name: "closing twice has no effect, at once and later",
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
    name: "closing waits for open calls",
    async run(bench) {
      const model = bench.create();
      const texts = bench.textsFor(2);
      const { promise: until, resolve: respond } = Promise.withResolvers<void>();
      bench.server.plan({ kind: "held", until });
      const ended: string[] = [];
      const call = handled(model.getTextEmbeddingBatch(texts, { workers: 1 }));
      const noted = handled(call.then(() => ended.push("call")));
      await bench.untilSent(1, call);
      const closed = handled(Promise.all([model.aclose(), model.aclose()]).then(() => ended.push("aclose")));
      assert.equal(model.closed, true, "closed is true as soon as closing has begun");
      respond();
      await Promise.all([noted, closed]);
      assert.deepEqual(ended, ["call", "aclose"], "closing must end after the calls");
      bench.assertAllRight((await call).embeddings, texts);
    },
  },
  {
    name: "closing with abort ends open calls",
    async run(bench) {
      const model = bench.create();
      bench.server.plan({ kind: "silent" });
      const call = handled(model.getTextEmbedding(passages(1)[0]!));
      await bench.untilSent(1, call);
      await model.aclose({ abort: true });
      const error = await rejectionError(call, "a call of a model that is closed");
      assert.match(error.message, /\bclosed\b/, "the error must say that the model was closed");
      await bench.untilAbandoned();
    },
  },
  {
    name: "closing with abort ends the calls that an earlier closing awaits",
    async run(bench) {
      const model = bench.create();
      bench.server.plan({ kind: "silent" });
      const call = handled(model.getTextEmbedding(passages(1)[0]!));
      await bench.untilSent(1, call);
      const waiting = handled(model.aclose());
      await Promise.all([waiting, model.aclose({ abort: true })]);
      await rejectionError(call, "a call of a model that is closed");
    },
  },
  {
    name: "closing ends open streams",
    async run(bench) {
      const model = bench.create();
      bench.server.plan({ kind: "silent" });
      const next = handled(model.streamTextEmbeddings(bench.textsForOne(2)).next());
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
