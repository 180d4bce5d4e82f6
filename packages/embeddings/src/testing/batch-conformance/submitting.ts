import assert from "node:assert/strict";
import { passages, rejection, rejectionError } from "../conformance/assertions.ts";
import { type BatchCase, longEnough } from "./batch-bench.ts";

/** Nothing is uploaded, created or paid for twice. */
export const submitting: readonly BatchCase[] = [
  {
    name: "an input that is submitted twice is one batch",
    async run(bench) {
      const service = bench.create();
      const input = bench.input(service, "run-1");
      const first = await service.submit(input);
      // By another process.
      const other = bench.create();
      assert.equal(await other.submit(input), first, "the second attempt must find the batch of the first");
      assert.equal(await other.find("run-1"), first);
      assert.equal(await other.find("run-2"), undefined, "a name that was never used has no batch");
      const { uploads, batches, orphans } = bench.server.counts;
      assert.deepEqual(Object.values(uploads), [1], "it must be uploaded once");
      assert.deepEqual(batches, { "run-1": 1 }, "there must be one batch");
      assert.deepEqual(orphans, []);
    },
  },
  {
    name: "a file that was uploaded before its process ended is used",
    async run(bench) {
      const service = bench.create({ retry: { attempts: 1 } });
      const input = bench.input(service, "run-1");
      bench.server.plan("create", { kind: "status", status: 503 });
      await rejection(service.submit(input), "a batch that is refused");
      assert.equal(bench.server.counts.orphans.length, 1);
      await bench.create().submit(input);
      const { uploads, batches, orphans } = bench.server.counts;
      assert.deepEqual(Object.values(uploads), [1], "the same file must be used");
      assert.deepEqual(batches, { "run-1": 1 });
      assert.deepEqual(orphans, [], "no file may be left without a batch");
    },
  },
  ...(["upload", "create"] as const).map((operation): BatchCase => ({
    name: `a lost response to an ${operation === "upload" ? "upload" : "order"} repeats nothing`,
    async run(bench) {
      bench.server.plan(operation, { kind: "lost" });
      const service = bench.create();
      // Also without looking first.
      await service.submit(bench.input(service, "run-1"), { checked: false });
      const { uploads, batches } = bench.server.counts;
      assert.deepEqual(Object.values(uploads), [1], "it must be looked for before it is uploaded again");
      assert.deepEqual(batches, { "run-1": 1 }, "it must be looked for before it is created again");
    },
  })),
  {
    name: "what the service refuses is sent again",
    async run(bench) {
      bench.server.plan("upload", { kind: "status", status: 503 });
      bench.server.plan("create", { kind: "status", status: 500 });
      bench.server.plan("status", { kind: "status", status: 429 });
      const service = bench.create();
      const batch = await service.submit(bench.input(service, "run-1"));
      assert.equal((await service.status(batch)).state, "validating");
      assert.deepEqual(bench.server.counts.batches, { "run-1": 1 });
    },
  },
  {
    name: "a batch that is one of many is found",
    async run(bench) {
      const service = bench.create();
      for (let at = 0; at < 101; at++) {
        // oxlint-disable-next-line no-await-in-loop -- in order
        await service.submit(bench.input(service, `run-${at}`, passages(1)), { checked: false });
      }
      const found = await Promise.all(["run-0", "run-100"].map((name) => service.find(name)));
      assert.equal(new Set(found).size, 2);
      assert(found.every((batch) => typeof batch === "string"));
    },
  },
  {
    name: "an input above a limit is refused before anything is sent",
    async run(bench) {
      const service = bench.create({ batchLimits: { inputs: 2 } });
      const { bytes, window } = service.batchLimits;
      assert(window > 0);
      const input = bench.input(service, "run-1");
      const wrong: [object, RegExp][] = [
        [{}, /3 texts.*at most 2/],
        [{ texts: 1, bytes: bytes + 1 }, /bytes/],
        [{ texts: 1, name: "run 1" }, /letters/],
      ];
      for (const [change, message] of wrong) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await rejectionError(service.submit({ ...input, ...change }), "such an input");
        assert(error instanceof RangeError || error instanceof TypeError, String(error));
        assert.match(error.message, message);
      }
      assert.deepEqual(bench.server.counts.requests, {}, "nothing may be sent");
    },
  },
  {
    name: "an input of another size than it states makes no batch",
    async run(bench) {
      const service = bench.create();
      const input = bench.input(service, "run-1");
      let reads = 0;
      const open = (): AsyncIterable<Uint8Array> => {
        reads++;
        return input.open();
      };
      const short = { ...input, bytes: input.bytes + 1, open };
      await rejectionError(service.submit(short), "a file that is too short");
      assert.equal(reads, 1, "another attempt would read the same file");
      const { batches, uploads } = bench.server.counts;
      assert.deepEqual(batches, {});
      assert.deepEqual(uploads, {}, "half a file must not be taken for a whole one");
    },
  },
  {
    name: "an input that the service rejects is a batch that has failed, and says why",
    async run(bench) {
      const service = bench.create();
      const batch = await service.submit(bench.input(service, "run-1", passages(1), "no json\n"));
      bench.server.advance(longEnough);
      const { state, message = "", hasResults } = await service.status(batch);
      assert.equal(state, "failed");
      assert.match(message, /\b2\b/, "the message must name the line");
      assert.equal(hasResults, false);
      assert.deepEqual(await Array.fromAsync(service.results(batch)), []);
    },
  },
  {
    name: "a text that cannot be sent is an error before its line is written, without the text",
    async run(bench) {
      const service = bench.create();
      const line = service.line("a-1", "some text", "document");
      assert(
        line.endsWith("\n") && line.indexOf("\n") === line.length - 1,
        "it must be one line with its end",
      );
      for (const text of ["", " \n", "half \ud800", 5]) {
        assert.throws(
          () => service.line("a-1", text as string, "document"),
          (error: Error) => error instanceof RangeError || error instanceof TypeError,
        );
      }
      for (const id of ["", "a b", "ä", "x".repeat(65), undefined]) {
        assert.throws(() => service.line(id as string, "some text", "document"), TypeError);
      }
    },
  },
];
