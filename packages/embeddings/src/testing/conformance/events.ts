import assert from "node:assert/strict";
import { CallbackManager, TokenCountingHandler } from "@llx/callbacks";
import { assertEventsHide } from "./assert-hides.ts";
import { pick, rejectionError } from "./assertions.ts";
import { everywhere } from "./common-case.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Recorder } from "./recorder.ts";
import { usageIsMissing } from "./reports.ts";

const above = { embedding: "async_job", async_job: "embed_texts" } as const;

export const events: readonly ConformanceCase[] = [
  {
    name: "emits events for a call, its jobs and its requests",
    applies: everywhere,
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      const model = bench.create({ callbackManager });
      const texts = bench.textsForOne(3);
      await model.getTextEmbeddingBatch([...texts, texts[0]!]);
      await callbackManager.flush();
      const types = new Map(recorder.starts.map(({ id, type }) => [id, type]));
      const found = recorder.ends.map(({ type }) => type).toSorted();
      assert.deepEqual(found, ["async_job", "embed_texts", "embedding"]);
      for (const { type, status, parentId } of recorder.ends) {
        assert.equal(status, "ok", `${type} must end well`);
        if (type !== "embedding" && type !== "async_job") continue;
        assert.equal(types.get(parentId ?? ""), above[type], `${type} must be a child of ${above[type]}`);
      }
      const { provider, model: name, dimensions } = model;
      const [call] = recorder.of("embed_texts");
      const expected = { provider, model: name, inputType: "document", count: texts.length + 1 };
      assert.deepEqual(pick(call!.payload, expected), expected);
      assert.deepEqual(pick(call!.endPayload, { dimensions, requests: 1 }), { dimensions, requests: 1 });
      const [request] = recorder.of("embedding");
      const sent = { ...expected, count: texts.length, attempt: 1, characters: texts.join("").length };
      assert.deepEqual(pick(request!.payload, sent), sent);
    },
  },
  {
    name: "emits no events for no texts",
    applies: everywhere,
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      await bench.create({ callbackManager }).getTextEmbeddingBatch([]);
      await callbackManager.flush();
      assert.deepEqual(recorder.starts, []);
    },
  },
  {
    name: "emits an event for each attempt, and counts usage once",
    async run(bench) {
      const recorder = new Recorder();
      const counter = new TokenCountingHandler();
      await using callbackManager = new CallbackManager({ handlers: [recorder, counter] });
      bench.server.plan({ kind: "status", status: 503 });
      const model = bench.create({ callbackManager });
      const { usage } = await model.getTextEmbeddingBatch(bench.textsForOne(3));
      await callbackManager.flush();
      const attempts = recorder.of("embedding");
      assert.deepEqual(
        attempts.map(({ payload, status }) => [payload.attempt, status]),
        [
          [1, "error"],
          [2, "ok"],
        ],
      );
      assert.equal(attempts[0]!.parentId, attempts[1]!.parentId, "attempts of a request belong to one job");
      assert.equal((attempts[0]!.error as { status?: unknown }).status, 503, "the attempt has its error");
      if (!bench.facts.hasUsage) return;
      const tokens = usage?.totalTokens ?? usage?.inputTokens;
      assert(tokens !== undefined, usageIsMissing);
      assert.equal(counter.embeddingTokens, tokens, "a handler that counts tokens must see the same usage");
      assert.deepEqual(recorder.of("embed_texts")[0]!.endPayload.usage, usage);
    },
  },
  {
    name: "events distinguish a failure from an abort",
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      const model = bench.create({ callbackManager });
      const [text] = bench.textsForOne(1) as [string];
      bench.server.plan({ kind: "status", status: 400 }, { kind: "silent" });
      await rejectionError(model.getTextEmbedding(text), "status 400");
      const controller = new AbortController();
      const call = rejectionError(
        model.getTextEmbedding(text, { signal: controller.signal }),
        "an aborted call",
      );
      await bench.untilSent(2, call);
      controller.abort();
      await call;
      await callbackManager.flush();
      const statuses = recorder.of("embed_texts").map(({ status }) => status);
      assert.deepEqual(statuses, ["error", "aborted"]);
    },
  },
  {
    name: "events show no text, no vector and no key",
    async run(bench) {
      const recorder = new Recorder();
      await using callbackManager = new CallbackManager({ handlers: [recorder] });
      const model = bench.create({ callbackManager, retry: { attempts: 1 } });
      const texts = bench.textsForOne(3);
      await model.getTextEmbeddingBatch(texts);
      await model.getQueryEmbedding(texts[0]!);
      for await (const _ of model.streamTextEmbeddings(texts));
      bench.server.plan({ kind: "echo" }, { kind: "echo", status: 500 });
      await rejectionError(model.getTextEmbeddingBatch(texts), "status 400");
      await rejectionError(model.getTextEmbeddingBatch(texts), "status 500");
      await callbackManager.flush();
      assert(recorder.starts.length >= 10 && recorder.ends.length === recorder.starts.length);
      assertEventsHide(bench, recorder.ends);
      for (const { type, payload, endPayload } of recorder.ends) {
        assert(!holdsArray(payload) && !holdsArray(endPayload), `the event ${type} shows a vector`);
      }
    },
  },
];

function holdsArray(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || ArrayBuffer.isView(value) || Object.values(value).some(holdsArray);
}
