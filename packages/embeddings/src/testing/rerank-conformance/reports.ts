import assert from "node:assert/strict";
import { CallbackManager } from "@llx/callbacks";
import { assertEventsHide, assertHides } from "../conformance/assert-hides.ts";
import {
  assertRequestId,
  passages,
  pick,
  rejection,
  rejectionError,
  secretBeginning,
} from "../conformance/assertions.ts";
import { everywhere } from "../conformance/common-case.ts";
import { Recorder } from "../conformance/recorder.ts";
import { failing } from "../conformance/secrets.ts";
import { query } from "./rerank-bench.ts";
import type { RerankCase } from "./rerank-case.ts";

/** What a call reports: usage, ids, events, errors. */
export const reports: readonly RerankCase[] = [
  {
    name: "returns the usage, that of the attempt that succeeded",
    applies: ({ hasUsage }) => hasUsage,
    async run(bench) {
      const reranker = bench.create();
      const texts = bench.texts(3);
      const { usage: atOnce } = await reranker.rerank(query, texts);
      const counts = Object.values(atOnce ?? {});
      assert(counts.length > 0, "usage must be returned if the service reports it");
      assert(
        counts.every((count) => count > 0),
        "usage must have counts above 0",
      );
      bench.server.plan({ kind: "status", status: 503 });
      assert.deepEqual((await reranker.rerank(query, texts)).usage, atOnce);
    },
  },
  {
    name: "returns the service's id of the request",
    applies: ({ hasService, hasRequestId }) => hasService && hasRequestId,
    async run(bench) {
      const header = bench.subject.requestIdHeader!;
      bench.server.plan(
        { kind: "headers", headers: { [header]: "request-of-good-response" } },
        { kind: "status", status: 400, headers: { [header]: "request-of-refusal" } },
      );
      const reranker = bench.create();
      const { requestId } = await reranker.rerank(query, passages(2));
      assertRequestId(header, requestId, "request-of-good-response");
      const error = await rejectionError(reranker.rerank(query, passages(2)), "status 400");
      assertRequestId(header, error.requestId, "request-of-refusal");
    },
  },
  {
    name: "emits an event for a call, and its job within",
    applies: everywhere,
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      const reranker = bench.create({ callbackManager });
      const { usage } = await reranker.rerank(query, passages(3), { topN: 2 });
      await callbackManager.flush();
      const found = recorder.ends.map(({ type }) => type).toSorted();
      assert.deepEqual(found, ["async_job", "reranking"]);
      const [call] = recorder.of("reranking");
      const { provider, model } = reranker;
      const start = { provider, model, count: 3, topK: 2 };
      assert.deepEqual(pick(call!.payload, start), start);
      assert.equal(call!.endPayload.count, 2, "the event must count the results");
      const tokens = pick(usage ?? {}, { inputTokens: 0, totalTokens: 0 });
      assert.deepEqual(
        pick(call!.endPayload.usage ?? {}, tokens),
        tokens,
        "it must have the tokens of the usage",
      );
      const [job] = recorder.of("async_job");
      assert.equal(job!.parentId, call!.id, "the job must be a child of the call");
    },
  },
  {
    name: "emits no events for no texts",
    applies: everywhere,
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      await bench.create({ callbackManager }).rerank(query, []);
      await callbackManager.flush();
      assert.deepEqual(recorder.starts, []);
    },
  },
  {
    name: "events distinguish a failure from an abort",
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      const reranker = bench.create({ callbackManager });
      bench.server.plan({ kind: "status", status: 400 }, { kind: "silent" });
      await rejectionError(bench.use(reranker), "status 400");
      const controller = new AbortController();
      const call = rejectionError(
        reranker.rerank(query, passages(2), { signal: controller.signal }),
        "an aborted call",
      );
      await bench.untilSent(2, call);
      controller.abort();
      await call;
      await callbackManager.flush();
      assert.deepEqual(
        recorder.of("reranking").map(({ status }) => status),
        ["error", "aborted"],
      );
    },
  },
  {
    name: "events show no query, no text and no key",
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      const reranker = bench.create({ callbackManager, retry: { attempts: 1 } });
      await bench.use(reranker);
      bench.server.plan({ kind: "echo" }, { kind: "echo", status: 500 });
      await rejectionError(bench.use(reranker), "status 400");
      await rejectionError(bench.use(reranker), "status 500");
      await callbackManager.flush();
      assert(recorder.starts.length >= 6 && recorder.ends.length === recorder.starts.length);
      assertEventsHide(bench, recorder.ends);
    },
  },
  {
    name: "a reranker shows no key",
    async run(bench) {
      const reranker = bench.create();
      await bench.use(reranker);
      assertHides(bench, reranker, "the reranker");
    },
  },
  ...failing.map(([what, fault]): RerankCase => ({
    name: `an error shows neither key nor text: ${what}`,
    async run(bench) {
      const reranker = bench.create({ retry: { attempts: 1 } });
      bench.server.plan(fault);
      assertHides(bench, await rejection(bench.use(reranker), what), "the error");
    },
  })),
  {
    name: "an error of a time-out shows neither key nor text",
    async run(bench) {
      bench.server.plan({ kind: "silent" });
      const reranker = bench.create({ retry: { attempts: 1 }, timeout: 50 });
      assertHides(bench, await rejection(bench.use(reranker), "a request without a response"), "the error");
    },
  },
  {
    name: "an error of a text that cannot be sent shows no text",
    async run(bench) {
      const reranker = bench.create();
      const half = `${secretBeginning} \ud83d`;
      assertHides(bench, await rejection(reranker.rerank(query, [half]), "half a pair"), "the error");
      assertHides(bench, await rejection(reranker.rerank(half, ["a text"]), "half a pair"), "the error");
    },
  },
];
