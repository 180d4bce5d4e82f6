import assert from "node:assert/strict";
import type { Reranker } from "../../rerank/reranker.ts";
import { handled, passages, rejection, rejectionError } from "../conformance/assertions.ts";
import { everywhere } from "../conformance/common-case.ts";
import { query } from "./rerank-bench.ts";
import type { RerankCase } from "./rerank-case.ts";

/** How calls end: by their signal, by their time limit, and when their reranker is closed. */
export const calls: readonly RerankCase[] = [
  {
    name: "a call with an aborted signal sends nothing",
    applies: everywhere,
    async run(bench) {
      const reason = new Error("nobody waits any more");
      const call = bench.create().rerank(query, passages(2), { signal: AbortSignal.abort(reason) });
      assert.equal(await rejection(call, "an aborted call"), reason, "it must be rejected with the reason");
      assert.equal(bench.sent, 0, "nothing may be sent");
    },
  },
  ...(["request", "body"] as const).map((after): RerankCase => ({
    name: `an abort ends the call with its reason, and the request with it, after the ${after}`,
    async run(bench) {
      bench.server.plan({ kind: "silent", after });
      const reranker = bench.create();
      const controller = new AbortController();
      // Not every reason is an Error.
      const reason = { why: "nobody waits any more" };
      const call = handled(reranker.rerank(query, passages(3), { signal: controller.signal }));
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
      await bench.assertQuiet(reranker);
    },
  })),
  {
    name: "totalTimeout ends the whole call, even with attempts left",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const reranker = bench.create();
      const call = reranker.rerank(query, passages(3), { totalTimeout: 300 });
      const error = await rejection(call, "a call without a response");
      assert.equal((error as Error).name, "TimeoutError", "it must be rejected with a TimeoutError");
      await bench.untilAbandoned();
      await bench.assertQuiet(reranker);
    },
  },
  {
    name: "a failed call does not affect another",
    async run(bench) {
      const reranker = bench.create();
      const { promise: until, resolve: respond } = Promise.withResolvers<void>();
      bench.server.plan({ kind: "held", until }, { kind: "status", status: 400 });
      const call = handled(bench.use(reranker));
      await bench.untilSent(1, call);
      await rejectionError(bench.use(reranker, 1), "the other call");
      respond();
      await call;
    },
  },
  {
    name: "a closed reranker refuses calls, and says why",
    applies: everywhere,
    async run(bench) {
      const reranker = bench.create();
      assert.equal(reranker.closed, false);
      await reranker.aclose();
      assert.equal(reranker.closed, true);
      for (const texts of [passages(2), []]) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(reranker.rerank(query, texts), "a call of a closed reranker");
        assert.match(error.message, /\bclosed\b/, "it must say that the reranker is closed");
      }
      assert.equal(bench.sent, 0, "nothing may be sent");
    },
  },
  {
    name: "closing twice has no effect, at once and later",
    applies: everywhere,
    async run(bench) {
      const reranker = bench.create();
      await reranker.rerank(query, passages(2));
      await Promise.all([reranker.aclose(), reranker.aclose(), reranker[Symbol.asyncDispose]()]);
      await reranker.aclose({ abort: true });
      assert.equal(reranker.closed, true);
    },
  },
  {
    name: "closing waits for open calls",
    async run(bench) {
      const reranker = bench.create();
      const { promise: until, resolve: respond } = Promise.withResolvers<void>();
      bench.server.plan({ kind: "held", until });
      const ended: string[] = [];
      const call = handled(bench.use(reranker));
      const noted = handled(call.then(() => ended.push("call")));
      await bench.untilSent(1, call);
      const closed = handled(reranker.aclose().then(() => ended.push("aclose")));
      assert.equal(reranker.closed, true, "closed is true as soon as closing has begun");
      respond();
      await Promise.all([noted, closed]);
      assert.deepEqual(ended, ["call", "aclose"], "closing must end after the calls");
    },
  },
  {
    name: "closing with abort ends open calls",
    async run(bench) {
      const reranker = bench.create();
      bench.server.plan({ kind: "silent" });
      const call = handled(bench.use(reranker));
      await bench.untilSent(1, call);
      await reranker.aclose({ abort: true });
      const error = await rejectionError(call, "a call of a reranker that is closed");
      assert.match(error.message, /\bclosed\b/, "the error must say that the reranker was closed");
      await bench.untilAbandoned();
    },
  },
  {
    name: "closing leaves no connection open",
    async run(bench) {
      const reranker = bench.create();
      await bench.use(reranker);
      await reranker.aclose();
      await bench.server.until(() => bench.server.connections === 0);
    },
  },
  {
    name: "await using closes a reranker",
    applies: everywhere,
    async run(bench) {
      let used: Reranker;
      {
        await using reranker = bench.create();
        await reranker.rerank(query, passages(2));
        used = reranker;
      }
      assert.equal(used.closed, true);
    },
  },
];
