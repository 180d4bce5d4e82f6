import assert from "node:assert/strict";
import { passages } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const settings: readonly ConformanceCase[] = [
  {
    name: "refuses a key that is empty",
    async run(bench) {
      assert.throws(() => bench.create({ apiKey: "" }), TypeError);
    },
  },
  {
    name: "refuses a key with a line break, and does not show it",
    async run(bench) {
      const [start, end] = [bench.apiKey.slice(0, 10), bench.apiKey.slice(10)];
      for (const lineBreak of ["\n", "\r\n"]) {
        assert.throws(
          () => bench.create({ apiKey: start + lineBreak + end }),
          (error: unknown) => {
            assert(error instanceof TypeError, "a key that cannot be sent is a TypeError");
            assert(!error.message.includes(start), "the message must not show the key");
            return true;
          },
        );
      }
    },
  },
  {
    name: "refuses an address that is none",
    async run(bench) {
      assert.throws(() => bench.create({ baseUrl: "not an address" }), TypeError);
    },
  },
  {
    name: "refuses options that cannot be",
    async run(bench) {
      for (const wrong of [0, -1, 1.5, Number.NaN]) {
        assert.throws(() => bench.create({ workers: wrong }), RangeError, `workers: ${wrong}`);
      }
      for (const wrong of [0, -1, Number.NaN]) {
        assert.throws(() => bench.create({ timeout: wrong }), RangeError, `timeout: ${wrong}`);
      }
    },
  },
  {
    name: "cuts no text where truncate is not set, and refuses truncate where it cannot",
    applies: ({ hasService, capabilities }) => hasService && !capabilities.truncation,
    async run(bench) {
      assert.throws(() => bench.create({ truncate: true }), TypeError);
      const [text] = passages(1) as [string];
      bench.assertRight(await bench.create({ truncate: false }).getTextEmbedding(text), text);
    },
  },
];
