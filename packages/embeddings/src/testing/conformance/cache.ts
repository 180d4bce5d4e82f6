import assert from "node:assert/strict";
import { nowhere } from "./common-case.ts";
import type { ConformanceCase } from "./conformance-case.ts";

export const cache: readonly ConformanceCase[] = [
  {
    name: "models of two addresses do not share what is in a cache",
    async run(bench) {
      const store = new Map<string, unknown>();
      await bench.use(bench.create({ cache: store }));
      assert(store.size > 0, "nothing was stored: let create pass on the option cache");
      const other = bench.create({ cache: store, baseUrl: nowhere, retry: { attempts: 1 } });
      await assert.rejects(
        bench.use(other),
        "a model of another address has returned what the first one stored: its vectors may differ, so let `variant` of the " +
          "provider contain the address",
      );
    },
  },
];
