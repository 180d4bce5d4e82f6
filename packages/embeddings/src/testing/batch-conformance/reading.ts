import assert from "node:assert/strict";
import { passages, rejectionError } from "../conformance/assertions.ts";
import { type BatchCase, idOf, longEnough } from "./batch-bench.ts";

/** Results are complete and verified, or an error. */
export const reading: readonly BatchCase[] = [
  {
    name: "each text has its own embedding, in whatever order the results come",
    async run(bench) {
      const service = bench.create();
      const texts = passages(200);
      const batch = await bench.ended(service, texts);
      const status = await service.status(batch);
      assert.deepEqual([status.state, status.done, status.failed, status.hasResults], ["done", 200, 0, true]);
      const results = await Array.fromAsync(service.results(batch));
      assert.notEqual(results[0]!.id, idOf(0), "the fake must change the order");
      bench.assertResults(results, texts);
      // A second time, by another process.
      bench.assertResults(await Array.fromAsync(bench.create().results(batch)), texts);
    },
  },
  {
    name: "a batch is followed through its states",
    async run(bench) {
      const service = bench.create();
      const batch = await service.submit(bench.input(service, "run-1"));
      const states: string[] = [];
      for (const step of [0, 60_000, 2, longEnough]) {
        bench.server.advance(step);
        // oxlint-disable-next-line no-await-in-loop
        const { state, hasResults } = await service.status(batch);
        states.push(state);
        assert.equal(hasResults, state === "done");
      }
      assert.deepEqual(states, ["validating", "running", "running", "done"]);
    },
  },
  {
    name: "a text that the service refuses has an error, and the others their embeddings",
    async run(bench) {
      const service = bench.create();
      const texts = passages(3);
      const { live } = bench.subject.service;
      bench.server.hooks = {
        refuse: (text) => (text === texts[1] ? live.refuse(400, `cannot embed "${text}"`) : undefined),
      };
      const batch = await bench.ended(service, texts);
      const [error] = bench.assertResults(await Array.fromAsync(service.results(batch)), texts, [1]);
      assert.equal(error!.status, 400);
      assert.equal(error!.retryable, false, "the same text would be refused again");
      assert(error!.message.includes(idOf(1)), "the message must name the text");
      assert(!error!.message.includes(texts[1]!), "the message must not show the text");
    },
  },
  {
    name: "a batch that expires has what was embedded, and no text twice",
    async run(bench) {
      const service = bench.create();
      const texts = passages(30);
      bench.server.slow(1 / 3_600);
      const batch = await bench.ended(service, texts);
      const { state, done } = await service.status(batch);
      assert.equal(state, "expired");
      assert(done !== undefined && done > 0 && done < 30, `some must be done, not ${done}`);
      const results = await Array.fromAsync(service.results(batch));
      assert.equal(results.filter(({ embedding }) => embedding !== undefined).length, done);
      assert.equal(new Set(results.map(({ id }) => id)).size, results.length);
      for (const { error } of results) {
        if (error === undefined) continue;
        assert.equal((error as { retryable?: unknown }).retryable, true, "another batch may embed it");
      }
    },
  },
  ...(
    [
      [
        "of another length",
        (_text: string, dimensions: number) => new Array<number>(dimensions + 1).fill(0.5),
      ],
      [
        "with a number that is none",
        (_text: string, dimensions: number) => [Number.NaN, ...new Array<number>(dimensions - 1).fill(0.5)],
      ],
      ["of zeros", (_text: string, dimensions: number) => new Array<number>(dimensions).fill(0)],
    ] as const
  ).map(([what, vector]): BatchCase => ({
    name: `an embedding ${what} is an error of its text alone`,
    async run(bench) {
      const service = bench.create();
      const texts = passages(3);
      bench.server.hooks = {
        vector: (text, dimensions) => (text === texts[0] ? vector(text, dimensions) : undefined),
      };
      const batch = await bench.ended(service, texts);
      const [error] = bench.assertResults(await Array.fromAsync(service.results(batch)), texts, [0]);
      assert.match(error!.message, /text-0 (has|contains)/);
    },
  })),
  {
    name: "embeddings of zeros are accepted with allowZero",
    async run(bench) {
      const service = bench.create({ allowZero: true });
      bench.server.hooks = { vector: (_text, dimensions) => new Array<number>(dimensions).fill(0) };
      const results = await Array.fromAsync(service.results(await bench.ended(service)));
      assert(results.every(({ embedding }) => embedding?.every((number) => number === 0) === true));
    },
  },
  {
    name: "a result that names a text again is an error that names it",
    async run(bench) {
      const service = bench.create();
      bench.server.hooks = { spoil: (line, { index }) => (index === 1 ? [line, line] : [line]) };
      const error = await rejectionError(
        Array.fromAsync(service.results(await bench.ended(service))),
        "results with one twice",
      );
      assert(error.message.includes(idOf(1)), error.message);
      assert.equal(error.retryable, false);
    },
  },
  ...(
    [
      ["no id", (line: string, id: string) => line.replace(`"${id}"`, "null")],
      ["an id that no text has", (line: string, id: string) => line.replace(`"${id}"`, `"${id} x"`)],
      ["no JSON", (line: string) => `${line.slice(0, 20)}\n`],
      ["a list", () => "[1]\n"],
      ["no line break", (line: string) => line.trimEnd()],
    ] as const
  ).map(([what, change]): BatchCase => ({
    name: `a line with ${what} is an error, and nothing is taken from it`,
    async run(bench) {
      const service = bench.create();
      bench.server.hooks = {
        spoil: (line, { index, id }) => [index === 1 ? change(line, id) : line],
      };
      const batch = await bench.ended(service);
      const error = await rejectionError(Array.fromAsync(service.results(batch)), "such results");
      assert.match(error.message, /line 2\b/, "the message must name the line");
      assert(!error.message.includes("Confidential"), "it must not show a text");
    },
  })),
  {
    name: "a last line without a break is read",
    async run(bench) {
      const service = bench.create();
      const texts = passages(1);
      bench.server.hooks = { spoil: (line) => [line.trimEnd()] };
      bench.assertResults(await Array.fromAsync(service.results(await bench.ended(service, texts))), texts);
    },
  },
  {
    name: "a line without an end is an error soon",
    async run(bench) {
      const service = bench.create();
      bench.server.hooks = {
        spoil: (line) => [line.trimEnd(), ...new Array<string>(40).fill(" ".repeat(2 ** 20))],
      };
      const error = await rejectionError(
        Array.fromAsync(service.results(await bench.ended(service))),
        "an endless line",
      );
      assert.equal(error.retryable, false);
    },
  },
  {
    name: "fewer results than the service states are an error",
    async run(bench) {
      const service = bench.create();
      bench.server.hooks = { spoil: (line, { index }) => (index === 1 ? [] : [line]) };
      const error = await rejectionError(
        Array.fromAsync(service.results(await bench.ended(service))),
        "results without one",
      );
      assert.equal((error as { code?: unknown }).code, "results_incomplete");
      assert.match(error.message, /\b2\b.*\b3\b/);
    },
  },
  {
    name: "a download that breaks off is continued where it stopped",
    async run(bench) {
      const service = bench.create();
      const texts = passages(300);
      const batch = await bench.ended(service, texts);
      bench.server.plan("results", { kind: "cut", bytes: 20_000 }, { kind: "cut", bytes: 30_000 });
      bench.assertResults(await Array.fromAsync(service.results(batch)), texts);
    },
  },
  {
    name: "a download that breaks off is an error where retries are off",
    async run(bench) {
      const service = bench.create({ retry: { attempts: 1 } });
      const batch = await bench.ended(service, passages(300));
      bench.server.plan("results", { kind: "cut", bytes: 20_000 });
      const error = await rejectionError(Array.fromAsync(service.results(batch)), "half of the results");
      assert.equal(error.retryable, true);
    },
  },
];
