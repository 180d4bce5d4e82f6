import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ChromeTrace } from "@llx/callbacks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "./run.ts";

let folder: string;
let lines: string[];
const print = (line: string): unknown => lines.push(line);

beforeEach(async () => {
  lines = [];
  folder = await mkdtemp(join(tmpdir(), "test-"));
});

afterEach(() => rm(folder, { recursive: true }));

describe("the example", () => {
  it("finds who waits for whom, refuses one of them, finds the stall, and what failed", async () => {
    const path = join(folder, "trace.json");
    await run(print, path);
    const text = lines.join("\n");
    expect(lines.slice(0, 10)).toEqual([
      "Two transfers hang. inspectJobs() shows why:",
      "  transfers: 2 running",
      "    job 0 running",
      "    job 1 running",
      "  Ann",
      expect.stringMatching(/^ {4}held by .*, in the trace "Ann to Bob"$/),
      expect.stringMatching(/^ {4}wanted by .*, in the trace "Bob to Ann"$/),
      "  Bob",
      expect.stringMatching(/^ {4}held by .*, in the trace "Bob to Ann"$/),
      expect.stringMatching(/^ {4}wanted by .*, in the trace "Ann to Bob"$/),
    ]);
    // The last to wait is refused.
    expect(lines.slice(10, 13)).toEqual([
      "\nThe same with detectDeadlocks:",
      "  Ann to Bob is done",
      "  deadlock: every holder of a permit waits for another one",
    ]);
    // Page 5 is job 4; the other seven have come.
    expect(text).toMatch(
      /\nnothing has moved for 0\.1 s:\n {2}fetching pages \(2 workers\): 1 running, 0 waiting, 7 done\n {4}job 4 running for /,
    );
    expect(text).toContain("\nWith a time-out it is an error: job 4 took longer than 20 ms\n");
    expect(text.match(/ ✗ Error: no words on page 4$/gm)).toHaveLength(1);
    expect(text).toMatch(/─ retrieve .* ⊘ aborted$/m);

    const { traceEvents } = JSON.parse(await readFile(path, "utf8")) as ChromeTrace;
    const chunkings = traceEvents.filter(({ name, ph }) => name === "chunking" && ph === "X");
    expect(chunkings.length).toBeGreaterThanOrEqual(1);
    expect(traceEvents.some(({ name }) => name === "Ann to Bob")).toBe(false);
    expect(lines.at(-1)).toBe(
      `\n${path} can be opened in https://ui.perfetto.dev or https://www.speedscope.app`,
    );
  });

  it("writes no file where none is asked for", async () => {
    await run(print);
    expect(lines.join("\n")).not.toContain("can be opened");
  });

  it("fails where the file cannot be written", async () => {
    await expect(run(print, join(folder, "none", "trace.json"))).rejects.toThrow(/^ENOENT: /);
  });
});
