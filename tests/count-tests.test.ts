import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-count-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Second 1,000 is when the run began. */
const since = 1_000;

/** Writes a report, of what vitest writes into one only the counts. */
function report(name: string, passed: number, failed: number, skipped = 0, startTime = since * 1000): void {
  const counts = { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped, startTime };
  writeFileSync(join(folder, name), JSON.stringify(counts));
}

/** The closing line of a run that has ended with an exit code. */
function count(code: number): string {
  const args = [resolve("scripts/count-tests.mjs"), String(since), String(code), "short.json", "long.json"];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
}

it("adds up all reports", () => {
  report("short.json", 4_000, 0);
  report("long.json", 30, 0);
  expect(count(0)).toBe("4030 passed, 0 failed\n");
  report("long.json", 20, 2, 8);
  expect(count(1)).toBe("4020 passed, 2 failed, 8 skipped\n");
});

it("counts one failure where the run has failed and no test has", () => {
  report("short.json", 4_000, 0);
  report("long.json", 30, 0);
  expect(count(2)).toBe("4030 passed, 1 failed\n");
});

it("counts one failure where a report is missing, or is of an earlier run", () => {
  expect(count(0)).toBe("0 passed, 1 failed\n");
  report("short.json", 4_000, 0);
  expect(count(0)).toBe("4000 passed, 1 failed\n");
  report("long.json", 30, 0, 0, since * 1000 - 1);
  expect(count(0)).toBe("4000 passed, 1 failed\n");
  report("short.json", 3_990, 10);
  expect(count(1)).toBe("3990 passed, 10 failed\n");
});
