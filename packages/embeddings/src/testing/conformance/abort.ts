import assert from "node:assert/strict";
import { rejection, handled } from "./assertions.ts";
import { everywhere } from "./common-case.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const abort: readonly ConformanceCase[] = [
  {
    name: "a call with an aborted signal sends nothing",
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
        (async () => model.streamTextEmbeddings([text], { signal }).next())(),
      ].map((call) => handled<unknown>(call));
      for (const call of calls) {
        // oxlint-disable-next-line no-await-in-loop
        assert.equal(await rejection(call, "an aborted call"), reason, "it must be rejected with the reason");
      }
      const settled = await model.getTextEmbeddingBatch([text], { signal, settle: true });
      assert.deepEqual(
        settled.failed,
        [{ index: 0, error: reason }],
        "with settle, the reason is the text's error",
      );
      assert.equal(bench.sent, 0, "nothing may be sent");
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
      const call = handled(model.getTextEmbeddingBatch(bench.textsFor(3), { signal, workers: 1 }));
      await bench.untilSent(1, call);
      controller.abort(reason);
      assert.equal(
        await rejection(call, "an aborted call"),
        reason,
        "it must be rejected with the reason itself",
      );
      await bench.untilAbandoned();
      await bench.assertQuiet(model);
    },
  },
  {
    name: "an abort ends the call in the middle of a response too",
    async run(bench) {
      bench.server.plan({ kind: "silent", after: "body" });
      const model = bench.create();
      const controller = new AbortController();
      // Not every reason is an Error.
      const reason = { why: "nobody waits any more" };
      const [text] = bench.textsForOne(1) as [string];
      const call = handled(model.getTextEmbedding(text, { signal: controller.signal }));
      await bench.untilSent(1, call);
      // Meanwhile the first part of the response arrives.
      await bench.assertQuiet(bench.create());
      controller.abort(reason);
      assert.equal(
        await rejection(call, "an aborted call"),
        reason,
        "it must be rejected with the reason itself",
      );
      await bench.untilAbandoned();
    },
  },
  {
    name: "an abort ends a stream with its reason",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const controller = new AbortController();
      const reason = new Error("nobody waits any more");
      const stream = bench.create().streamTextEmbeddings(bench.textsForOne(2), { signal: controller.signal });
      const first = handled(stream.next());
      await bench.untilSent(1, first);
      controller.abort(reason);
      assert.equal(
        await rejection(first, "an aborted stream"),
        reason,
        "it must be rejected with the reason",
      );
      await bench.untilAbandoned();
    },
  },
  {
    name: "totalTimeout ends the whole call, even with attempts left",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const model = bench.create();
      const [text] = bench.textsForOne(1) as [string];
      const error = await rejection(
        model.getTextEmbedding(text, { totalTimeout: 300 }),
        "a call without a response",
      );
      assert.equal((error as Error).name, "TimeoutError", "it must be rejected with a TimeoutError");
      await bench.untilAbandoned();
      await bench.assertQuiet(model);
    },
  },
];
