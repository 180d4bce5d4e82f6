import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

it.runIf(existsSync("/proc/self/io"))(
  "runs 100,000 texts through batches with little memory, and writes little more than the results",
  { timeout: 300_000 },
  () => {
    // The program checks both itself: it ends with an error above the goals.
    const printed = execFileSync(resolve("node_modules/.bin/node"), ["src/batch/million.ts", "100000"], {
      cwd: resolve("benchmarks"),
      encoding: "utf8",
    });
    expect(printed).toMatch(/^100,000 texts, 256 dimensions, 2 batches, /);
    expect(printed).toMatch(/\nmemory: .* with the opened queue, at most [\d.]+ MB more/);
  },
);
