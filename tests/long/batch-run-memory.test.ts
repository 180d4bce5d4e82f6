import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";

// The results alone are 293 MB: a run that keeps them, or half as much of anything else, exceeds the limit. A machine that is
// slower or faster has garbage of another size, for which there is room.
const limit = 200;

it.runIf(existsSync("/proc/self/io"))(
  "runs 300,000 texts through batches with little memory, and writes little more than the results",
  { timeout: 600_000 },
  () => {
    // The program checks all of them itself: it ends with an error above the limits.
    const program = ["src/batch/million.ts", "300000", String(limit)];
    const printed = execFileSync(resolve("node_modules/.bin/node"), program, {
      cwd: resolve("benchmarks"),
      encoding: "utf8",
    });
    expect(printed).toMatch(/^300,000 texts, 256 dimensions, /);
    // A negative growth would say that the memory before the run was measured wrongly.
    expect(printed).toMatch(/\nmemory: \d+(?:\.\d+)? MB with the opened queue, at most \d/);
    expect(printed).toMatch(/\nheap and buffers without garbage: at most \d/);
  },
);
