import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const million = 1_000_000;
/** Megabytes of the heap. Node itself and the packages need about 15. */
const heap = 64;

const programs = {
  "streamTextEmbeddings with a cache of 8 MiB": `
    import { memoryStore } from "@llx/embeddings";
    import { fakeEmbedding } from "@llx/embeddings/testing";
    const model = fakeEmbedding({ dimensions: 8, cache: memoryStore({ maxBytes: 8 * 2 ** 20 }) });
    function* texts() {
      for (let i = 0; i < ${million}; i++) yield "text number " + (i % 400_000);
    }
    for await (const { index } of model.streamTextEmbeddings(texts())) {
      if (index !== count) throw new Error("out of order at " + count);
      count++;
    }
  `,
  "mapJobs, traced": `
    import { mapJobs } from "@llx/async";
    import { CallbackManager, DebugHandler } from "@llx/callbacks";
    function* inputs() {
      for (let i = 0; i < ${million}; i++) yield i;
    }
    const callbackManager = new CallbackManager({ handlers: [new DebugHandler({ maxEvents: 1_000 })] });
    const results = await mapJobs(inputs(), async (n) => n + 1, { workers: 8, callbackManager, timeout: 60_000 });
    if (results.at(-1) !== ${million}) throw new Error("a wrong result");
    count = results.length;
  `,
  streamJobs: `
    import { streamJobs } from "@llx/async";
    function* jobs() {
      for (let i = 0; i < ${million}; i++) yield async () => "result number " + i;
    }
    for await (const result of streamJobs(jobs(), { workers: 8, retry: {} })) {
      if (!String(result.value ?? result).endsWith(" " + count)) throw new Error("out of order at " + count);
      count++;
    }
  `,
};

it.each(Object.entries(programs))(
  "%s takes a million in a heap of 64 MB",
  { timeout: 300_000 },
  (_name, body) => {
    const printed = execFileSync(
      resolve("node_modules/.bin/node"),
      [
        `--max-old-space-size=${heap}`,
        "--input-type=module",
        "--eval",
        `let count = 0;${body}\nconsole.log(count);`,
      ],
      // Where the built packages can be found.
      { cwd: resolve("examples/quickstart"), encoding: "utf8" },
    );
    expect(Number(printed)).toBe(million);
  },
);
