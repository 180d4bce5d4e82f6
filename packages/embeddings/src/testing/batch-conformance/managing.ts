import assert from "node:assert/strict";
import { inspect } from "node:util";
import { handled, passages, rejection, rejectionError } from "../conformance/assertions.ts";
import { type BatchCase, idOf, longEnough } from "./batch-bench.ts";

/** What the service does not know, cancelling, removing, aborting, closing, and what must not be shown. */
export const managing: readonly BatchCase[] = [
  {
    name: "a batch that the service does not know is one clear error",
    async run(bench) {
      const service = bench.create();
      const batch = await service.submit(bench.input(service, "run-1"));
      bench.server.forget(batch);
      const calls: (() => Promise<unknown>)[] = [
        () => service.status(batch),
        () => service.cancel(batch),
        () => service.remove(batch),
        () => Array.fromAsync(service.results(batch)),
      ];
      for (const call of calls) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(call(), "an unknown batch");
        assert.equal((error as { code?: unknown }).code, "unknown_batch");
        assert.equal(error.retryable, false);
        assert(error.message.includes(batch), "the message must name the batch");
      }
    },
  },
  {
    name: "results that are gone are one clear error",
    async run(bench) {
      const service = bench.create();
      const batch = await bench.ended(service);
      await service.remove(batch);
      assert.equal(bench.server.counts.files, 0, "all files of the batch must be deleted");
      // Those that are gone already are ignored.
      await service.remove(batch);
      const error = await rejectionError(Array.fromAsync(service.results(batch)), "results that are gone");
      assert.equal((error as { code?: unknown }).code, "results_gone");
      assert.equal(error.retryable, false);
    },
  },
  {
    name: "a batch is cancelled, and keeps what was embedded",
    async run(bench) {
      const service = bench.create();
      const batch = await service.submit(bench.input(service, "run-1", passages(10)));
      bench.server.advance(60_004);
      await service.cancel(batch);
      assert.equal((await service.status(batch)).state, "cancelling");
      bench.server.advance(longEnough);
      const { state, done } = await service.status(batch);
      assert.deepEqual([state, done], ["cancelled", 4]);
      const results = await Array.fromAsync(service.results(batch));
      assert.deepEqual(
        results.flatMap(({ id, embedding }) => (embedding === undefined ? [] : [id])).toSorted(),
        [0, 1, 2, 3].map(idOf),
      );
      await service.cancel(batch);
    },
  },
  {
    name: "a batch that has ended is not cancelled, which is no error",
    async run(bench) {
      const service = bench.create();
      const batch = await bench.ended(service);
      await service.cancel(batch);
      assert.equal((await service.status(batch)).state, "done");
    },
  },
  {
    name: "an abort ends each call with its reason",
    async run(bench) {
      const service = bench.create();
      const batch = await bench.ended(service);
      const reason = new Error("nobody waits any more");
      const aborted = { signal: AbortSignal.abort(reason) };
      const calls = [
        service.submit(bench.input(service, "run-2"), aborted),
        service.status(batch, aborted),
        service.cancel(batch, aborted),
        service.find("run-1", aborted),
        Array.fromAsync(service.results(batch, aborted)),
      ];
      for (const call of calls) {
        // oxlint-disable-next-line no-await-in-loop
        assert.equal(await rejection(call, "an aborted call"), reason);
      }
      const controller = new AbortController();
      bench.server.plan("status", { kind: "silent" });
      const call = handled(service.status(batch, { signal: controller.signal }));
      controller.abort(reason);
      assert.equal(await rejection(call, "a call that is aborted while it waits"), reason);
    },
  },
  {
    name: "an abort ends results between two of them",
    async run(bench) {
      const service = bench.create();
      const batch = await bench.ended(service, passages(300));
      const controller = new AbortController();
      const reason = new Error("nobody waits any more");
      const results = service.results(batch, { signal: controller.signal });
      await results.next();
      controller.abort(reason);
      assert.equal(await rejection(Array.fromAsync(results), "aborted results"), reason);
    },
  },
  {
    name: "an abort ends results that do not arrive",
    async run(bench) {
      const service = bench.create();
      const batch = await bench.ended(service);
      bench.server.plan("results", { kind: "silent" });
      const controller = new AbortController();
      const reason = new Error("nobody waits any more");
      const results = handled(Array.fromAsync(service.results(batch, { signal: controller.signal })));
      // oxlint-disable-next-line no-await-in-loop -- until it has been asked
      while (bench.server.counts.requests.results === undefined) await new Promise(setImmediate);
      controller.abort(reason);
      assert.equal(await rejection(results, "aborted results"), reason);
    },
  },
  {
    name: "results that do not arrive are asked for again",
    async run(bench) {
      const service = bench.create({ timeout: 100 });
      const batch = await bench.ended(service);
      bench.server.plan("results", { kind: "silent" });
      bench.assertResults(await Array.fromAsync(service.results(batch)), passages(3));
    },
  },
  {
    name: "no error shows the key, and neither does the service",
    async run(bench) {
      const service = bench.create({ retry: { attempts: 1 } });
      const { live } = bench.subject.service;
      const { apiKey } = live;
      const message = `wrong (${apiKey})`;
      bench.server.hooks = { refuse: () => live.refuse(400, message) };
      const batch = await service.submit(bench.input(service, "run-1"));
      for (const operation of ["status", "find", "create", "cancel"] as const) {
        bench.server.plan(operation, { kind: "status", status: 400, message });
      }
      const errors = [
        await rejectionError(service.status(batch), "a refused call"),
        await rejectionError(service.find("run-1"), "a refused call"),
        await rejectionError(service.submit(bench.input(service, "run-2")), "a refused call"),
        await rejectionError(service.cancel(batch), "a refused call"),
      ];
      bench.server.advance(longEnough);
      for await (const { error } of service.results(batch)) errors.push(error!);
      assert.equal(errors.length, 7);
      for (const shown of [...errors, service]) {
        assert(!inspect(shown, { depth: 9, showHidden: true }).includes(apiKey), "the key is shown");
      }
    },
  },
  {
    name: "an unknown option is an error",
    async run(bench) {
      assert.throws(() => bench.create({ batchLimit: {} } as never), TypeError);
      const service = bench.create();
      await rejectionError(service.status("x", { abort: true } as never), "an unknown option");
      assert.deepEqual(bench.server.counts.requests, {});
    },
  },
  {
    name: "a closed service refuses calls, and says why",
    async run(bench) {
      const service = bench.create();
      const batch = await bench.ended(service, passages(300));
      // It is not read on: closing does not wait for it.
      const results = service.results(batch);
      await results.next();
      await service.aclose();
      await service.aclose();
      assert.equal(service.closed, true);
      await rejection(results.next(), "results of a closed service");
      const calls = [
        service.status(batch),
        service.submit(bench.input(service, "run-1")),
        Array.fromAsync(service.results(batch)),
      ];
      for (const call of calls) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(call, "a call of a closed service");
        assert.match(error.message, /\bclosed\b/);
      }
    },
  },
  {
    name: "closing waits for the calls in flight",
    async run(bench) {
      const service = bench.create();
      const submitted = service.submit(bench.input(service, "run-1"));
      await service.aclose();
      assert.deepEqual(bench.server.counts.batches, { "run-1": 1 });
      await submitted;
    },
  },
  {
    name: "a cache keeps what is written, and nothing of another input type's",
    async run(bench) {
      const service = bench.create();
      const store = new Map<string, unknown>();
      const batch = await bench.ended(service, passages(1));
      const [result] = await Array.fromAsync(service.results(batch));
      const embedding = result!.embedding!;
      const [text] = passages(1);
      await service.openCache(store, "document").write([{ text: text!, embedding }]);
      const read = await bench.create().openCache(store, "document").read(["another", text!]);
      assert.deepEqual(read, [undefined, embedding]);
      assert.deepEqual(await service.openCache(store, "query").read([text!]), [undefined]);
    },
  },
];
