import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "./run.ts";

let folder: string;
let lines: string[];
const print = (line: string): unknown => lines.push(line);

beforeEach(async () => {
  lines = [];
  folder = await mkdtemp(join(tmpdir(), "test-"));
  vi.stubEnv("TMPDIR", folder);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Four texts make a request, and each has four words, which the fake model counts as tokens. */
describe("the example", () => {
  it("loses no event, no text and no chunk", async () => {
    await run(print, 12);
    expect(lines.slice(0, 4)).toEqual([
      "Embedding 12 texts, observed by four handlers.",
      "EventCounter: 3 embedding, 3 async_job, 1 embed_texts",
      // As many as could be written meanwhile.
      expect.stringMatching(
        /^Journal: [0-7] lines when the work ended, 7 when the manager was closed; 0 events dropped$/,
      ),
      "brokenHandler failed in onEventEnd: the dashboard does not respond (reported 4 times; the work continued)",
    ]);
    expect(lines.slice(4)).toEqual([
      expect.stringMatching(/^trace embed_texts /),
      expect.stringMatching(/^└─ embed_texts /),
      expect.stringMatching(/^ {3}└─ async_job ×3 /),
      expect.stringMatching(/^ {6}└─ embedding ×3 /),
      expect.stringMatching(/^\nThe budget stops the work: 32 tokens are used of a budget of 24;/),
      '2 requests were sent; 8 embeddings are kept, 4 texts have none, starting with "passage 9 of many"',
      "\nOne stream: The moon pulls the water up , and the earth turns below it .",
      "At the same time, one left early: The moon pulls the water",
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("runs to the end if the budget suffices", async () => {
    await run(print, 6);
    expect(lines).toContain("\nThe budget suffices: 24 tokens are used.");
  });

  it.each([0, 1.5, Number.NaN])("refuses %s texts", (count) => {
    expect(() => run(print, count)).toThrow(
      new RangeError(`the number of texts must be a whole number from 1, not ${count}`),
    );
  });
});
