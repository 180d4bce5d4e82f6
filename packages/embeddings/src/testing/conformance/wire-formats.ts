import assert from "node:assert/strict";
import { passages } from "./assertions.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { subjectsOf } from "./coverage.ts";

export const wireFormats: readonly ConformanceCase[] = [
  {
    name: "requests base64, where the model declares it",
    applies: ({ hasService, capabilities }) => hasService && capabilities.wireFormats.includes("base64"),
    async run(bench) {
      const [text] = passages(1) as [string];
      for (const subject of [bench.subject, ...subjectsOf(bench.facts)]) {
        // oxlint-disable-next-line no-await-in-loop -- only until one of them has asked for base64
        await bench
          .create({}, subject)
          .getTextEmbedding(text)
          .catch(() => {});
        if (bench.server.requests.some(({ ask }) => ask?.encoding === "base64")) return;
      }
      assert.fail(
        "the model declares the wire format base64, and no subject requests it: register a subject whose requests ask for " +
          "base64, or leave it out of capabilities.wireFormats; the fake says in `encoding` what a request asks for",
      );
    },
  },
];
