import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runExample, startExample } from "./run-example.ts";

/** The directory for files on disk; nothing may be left in it. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "test-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

const examples = [
  {
    name: "callback-handlers",
    prints: [
      "Embedding 12 texts, observed by four handlers.",
      "EventCounter: 3 embedding, 3 async_job, 1 embed_texts",
      "2 requests were sent; 8 embeddings are kept, 4 texts have none",
      "At the same time, one left early: The moon pulls the water",
    ],
    bad: ["x", "the number of texts must be a whole number from 1, not NaN"],
  },
  {
    name: "resource-pool",
    prints: [
      "20 queries share 3 connections.",
      "Served in this order: first, third.",
      "deadlock: every holder of a permit waits for another one",
      "They ask for both at once: copied, copied, copied.",
      "connections were opened, 0 are still open.",
    ],
    bad: ["0", "the number of queries must be a whole number from 1, not 0"],
  },
  {
    name: "debugging",
    prints: [
      "Two transfers hang.",
      "  Ann to Bob is done\n  deadlock: every holder",
      "  fetching pages (2 workers): 1 running, 0 waiting, 7 done",
      "With a time-out it is an error: job 4 took longer than 20 ms",
      "✗ Error: no words on page 4",
    ],
    bad: ["/none/trace.json", "ENOENT: no such file or directory, open '/none/trace.json'"],
  },
  {
    name: "llm-calls",
    prints: [
      "12 calls succeeded; 2 were refused and retried.\n24 input tokens, 60 output tokens.",
      "With a budget of 20 tokens: 4 answers, 6 questions not sent.",
      "A stream of 4 chunks: the answer to life (5 tokens)",
      "The service saw the connection close.",
      "With a second one after 20 ms, parrot answered: the answer to this",
      "5 calls: 2 answers were invalid, and were asked for again.",
    ],
    bad: ["-3", "the number of questions must be a whole number from 1, not -3"],
  },
  {
    name: "embeddings-batch",
    prints: [
      "1000 texts.\n  text 7 has failed: the text is empty or only white space; omit it\n\nThe run was closed.",
      "  1000 results: 999 embedded, 1 failed, in 5 batches, after ",
      "The service has received 5 batches, 0 of them twice, and keeps 0 files.",
      "Stored: 999 embeddings of text-embedding-3-small with 256 dimensions.",
      'Text 0 is "Passage 0 says what it says.".',
    ],
    bad: ["0", "the number of texts must be a whole number from 1, not 0"],
  },
] as const;

/** Waits until an example has printed something, or has ended. */
async function untilPrinted(
  { child, printed }: ReturnType<typeof startExample>,
  stream: "stdout" | "stderr",
  text: string,
): Promise<void> {
  const ended = once(child, "close");
  while (!printed[stream].includes(text) && child.exitCode === null && child.signalCode === null) {
    await Promise.race([once(child[stream], "data"), ended]);
  }
}

describe.each(examples)("the example $name", ({ name, prints, bad }) => {
  it("runs without keys and servers, and prints what it found", async () => {
    const { code, stdout, stderr } = await runExample(name, { TMPDIR: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const part of prints) expect(stdout).toContain(part);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("reports a mistake in one line", async () => {
    const [argument, message] = bad;
    const { code, stderr } = await runExample(name, {}, [argument]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: `${name}: ${message}\n` });
  });
});

it.each([
  { name: "callback-handlers", first: "Embedding 100000 texts" },
  { name: "resource-pool", first: "100000 queries" },
  { name: "llm-calls", first: "Asking 100000 questions." },
  { name: "embeddings-batch", first: "100000 texts." },
])("the example $name stops cleanly on Ctrl-C", async ({ name, first }) => {
  const running = startExample(name, { TMPDIR: folder }, ["100000"]);
  const closed = once(running.child, "close");
  await untilPrinted(running, "stdout", first);
  running.child.kill("SIGINT");
  expect(await closed).toEqual([130, null]);
  expect(running.printed.stderr).toBe("\nInterrupted: everything is closed.\n");
  expect(readdirSync(folder)).toEqual([]);
});

it("the pool also closes its connections on Ctrl-C", async () => {
  const running = startExample("resource-pool", {}, ["100000"]);
  const closed = once(running.child, "close");
  await untilPrinted(running, "stdout", "100000 queries");
  running.child.kill("SIGINT");
  await closed;
  expect(running.printed.stdout).toMatch(/\n\d+ connections were opened, 0 are still open\.\n$/);
});

it("a stall is reported, also on request", async () => {
  const running = startExample("debugging", {}, ["--hang"]);
  const closed = once(running.child, "close");
  await untilPrinted(running, "stderr", "job 4 running for");
  expect(running.printed.stderr).toMatch(
    /^nothing has moved for 0\.5 s:\n {2}fetching pages \(2 workers\): 1 running, 0 waiting, 5 done\n/,
  );
  running.child.kill("SIGUSR2");
  await untilPrinted(running, "stdout", "job 4 running");
  expect(running.printed.stdout).toMatch(/\n {2}fetching pages: 1 running\n {4}job 4 running\n$/);
  running.child.kill("SIGINT");
  expect(await closed).toEqual([130, null]);
});
