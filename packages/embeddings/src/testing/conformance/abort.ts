import assert from "node:assert/strict";
import { rejection, underWay } from "./assertions.ts";
import { type ConformanceCase, everywhere } from "./conformance-case.ts";

export const abort: readonly ConformanceCase[] = [
  {
    name: "a signal that is aborted already sends nothing",
    applies: everywhere,
    async run(bench) {
      const model = bench.create();
      const reason = new Error("nobody waits any more");
      const signal = AbortSignal.abort(reason);
      const [text] = bench.textsForOne(1) as [string];
      const calls = [
        model.getTextEmbedding(text, { signal }),
        model.getQueryEmbedding(text, { signal }),
        model.getTextEmbeddingBatch([text], { signal }),
        model.getTextEmbeddingBatch([text], { signal, settle: true }),
        (async () => model.streamTextEmbeddings([text], { signal }).next())(),
      ].map((call) => underWay<unknown>(call));
      for (const call of calls) {
        // oxlint-disable-next-line no-await-in-loop
        assert.equal(await rejection(call, "an aborted call"), reason, "it must be rejected with the reason");
      }
      assert.equal(bench.sent, 0, "nothing is to be sent");
    },
  },
  {
    name: "an abort ends the call with its reason, and the request with it",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const model = bench.create();
      const controller = new AbortController();
      const reason = new Error("nobody waits any more");
      const { signal } = controller;
      const call = underWay(model.getTextEmbeddingBatch(bench.textsFor(3), { signal, workers: 1 }));
      await bench.untilSent(1, call);
      controller.abort(reason);
      assert.equal(
        await rejection(call, "an aborted call"),
        reason,
        "it must be rejected with the very reason",
      );
      await bench.untilGivenUp();
      await bench.assertQuiet(model);
    },
  },
  {
    name: "an abort ends the call in the middle of an answer too",
    async run(bench) {
      bench.server.plan({ kind: "silent", after: "body" });
      const model = bench.create();
      const controller = new AbortController();
      // Not every reason is an Error.
      const reason = { why: "nobody waits any more" };
      const [text] = bench.textsForOne(1) as [string];
      const call = underWay(model.getTextEmbedding(text, { signal: controller.signal }));
      await bench.untilSent(1, call);
      // In the meantime the beginning of the answer has time to arrive.
      await bench.assertQuiet(bench.create());
      controller.abort(reason);
      assert.equal(
        await rejection(call, "an aborted call"),
        reason,
        "it must be rejected with the very reason",
      );
      await bench.untilGivenUp();
    },
  },
  {
    name: "an abort ends a stream with its reason",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const controller = new AbortController();
      const reason = new Error("nobody waits any more");
      const stream = bench.create().streamTextEmbeddings(bench.textsForOne(2), { signal: controller.signal });
      const first = underWay(stream.next());
      await bench.untilSent(1, first);
      controller.abort(reason);
      assert.equal(
        await rejection(first, "an aborted stream"),
        reason,
        "it must be rejected with the reason",
      );
      await bench.untilGivenUp();
    },
  },
  {
    name: "totalTimeout ends the whole call, whatever its attempts would still do",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const model = bench.create();
      const [text] = bench.textsForOne(1) as [string];
      const error = await rejection(
        model.getTextEmbedding(text, { totalTimeout: 300 }),
        "a call without an answer",
      );
      assert.equal((error as Error).name, "TimeoutError", "it must be rejected with a TimeoutError");
      await bench.untilGivenUp();
      await bench.assertQuiet(model);
    },
  },
];
