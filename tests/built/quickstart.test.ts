import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const main = resolve("examples/quickstart/src/main.ts");
const node = resolve("node_modules/.bin/node");

/** An environment without keys. */
const { PATH, HOME } = process.env;

function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(node, [main, ...args], { env: { PATH, HOME, NO_COLOR: "1", ...env } });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (part: Buffer) => (printed.stdout += part.toString()));
  child.stderr.on("data", (part: Buffer) => (printed.stderr += part.toString()));
  return { child, printed };
}

async function run(args: readonly string[], env?: Record<string, string>) {
  const { child, printed } = start(args, env);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...printed };
}

let folder: string;

const files: Record<string, string> = {
  "bread.md":
    "# Bread\n\nLet the dough rest in a warm place until it has doubled in size, then knead it once more.",
  "tides.md":
    "# Tides\n\nThe gravity of the moon pulls the water of the oceans, which rises and falls twice a day.",
  "tyres.md":
    "# Tyres\n\nLoosen the nuts of the wheel before you lift the car, and take the flat tyre off after that.",
  "bees.md": "# Bees\n\nHoney bees dance in the hive to tell each other in which direction the flowers are.",
  "deep/loans.md":
    "# Loans\n\nThe interest on a loan is charged at the end of each month, on what has not been paid back.",
  "deep/violin.md":
    "# Violin\n\nFirst words that are about nothing, and long enough to be a passage.\n\nThe violin has four strings which are tuned a fifth apart, and it is played with a bow.",
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-quickstart-"));
  mkdirSync(join(folder, "deep"));
  mkdirSync(join(folder, "empty"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the quick start", () => {
  it("finds the passage that answers, with file, line and score, and prints the trace", async () => {
    const trace = join(folder, "trace.json");
    const queries = ["why does the sea rise every day?", "tuning a stringed instrument"];
    const args = [folder, ...queries.flatMap((query) => ["--query", query]), "--trace", trace];
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^passages: 100 %, 7\/7, /) });
    expect(stdout).toContain("6 documents, cut into 7 passages.");
    expect(stdout).toMatch(/7 passages in \d+\.\d s: all-MiniLM-L6-v2 \(local\), 384 dimensions/);
    const answers = stdout.split("? ").slice(1);
    expect(answers[0]).toMatch(/^why does the sea rise every day\?\n {2}0\.\d{3} {2}tides\.md:3\n/);
    expect(answers[1]).toMatch(/^tuning a stringed instrument\n {2}0\.\d{3} {2}deep\/violin\.md:5\n/);
    expect(stdout).toMatch(/^trace quickstart /m);
    expect(stdout).toMatch(/└─ query ×|└─ query /);
    const { traceEvents } = JSON.parse(readFileSync(trace, "utf8")) as { traceEvents: { name: string }[] };
    expect(traceEvents.map(({ name }) => name)).toEqual(expect.arrayContaining(["ingestion", "embedding"]));
  });

  it("says what it omitted", async () => {
    const { code, stdout } = await run([folder, "--passages", "3", "--query", "bread"]);
    expect(code).toBe(0);
    expect(stdout).toContain("cut into 7 passages.\nEmbedding 3 of them; --passages 7 embeds all.");
  });

  it("shows itself on a page, which stays until Ctrl-C", async () => {
    const env = { PATH: [dirname(node), PATH].join(delimiter), HOME, NO_COLOR: "1", TMPDIR: folder };
    const child = spawn(
      node,
      [resolve("scripts/start.mjs"), "--devtools", join(folder, "deep"), "--query", "a stringed instrument"],
      { env },
    );
    const closed = once(child, "close") as Promise<[number | null]>;
    let printed = "";
    child.stdout.on("data", (part: Buffer) => (printed += part.toString()));
    child.stderr.on("data", (part: Buffer) => (printed += part.toString()));
    await vi.waitFor(() => expect(printed).toContain("Its page stays until you press Ctrl-C."), 60_000);
    expect(printed).toMatch(/\? a stringed instrument\n {2}0\.\d{3} {2}violin\.md:5\n/);
    const address = /devtools: (http:\S+)/.exec(printed)![1]!;
    const response = await fetch(new URL("events", address));
    let record = "";
    for await (const piece of response.body!) {
      record += Buffer.from(piece).toString();
      if (record.includes('"kind":"exit","time"')) break;
    }
    expect(record).toContain('"program":"main.ts"');
    expect(record).toContain('"traceName":"quickstart"');
    expect(record).toContain('"type":"embedding"');
    child.kill("SIGINT");
    expect(await closed).toEqual([0, null]);
  });

  it("prints in a dry run what it would cost, without a key, and sends nothing", async () => {
    const { code, stdout, stderr } = await run([folder, "--dry-run", "--provider", "isaacus"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("6 documents, cut into 7 passages.\nA dry run: nothing is sent.\n");
    const [head, ...rows] = stdout.split("\n").slice(3, 7);
    expect(head).toMatch(/^model +requests +tokens +time +cost +in batch$/);
    expect(rows[0]).toMatch(/^kanon-2-embedder +1 +\d+ ±15% +0\.5 s +\$0\.000\d+ +–$/);
    expect(rows[1]).toMatch(/^text-embedding-3-small +1 +\d+ ±15% +0\.5 s +\$0\.0000\d+ +\$0\.0000\d+$/);
    expect(rows[2]).toMatch(/^text-embedding-3-large /);
    expect(stdout.endsWith("\nIn batch: within 24 h.\n")).toBe(true);
  });

  it("prints that the local model costs nothing", async () => {
    const { code, stdout } = await run([folder, "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^all-MiniLM-L6-v2 +1 +\d+ ±2% +\d\.\d s +\$0 +–$/m);
  });

  it("uses the named provider, and shows its key nowhere", async () => {
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        const { input } = JSON.parse(text) as { input: string[] };
        const vectorOf = (each: string): number[] => {
          const vector = new Array<number>(1024).fill(0);
          vector[each.includes("Bees") || each.includes("insects") ? 0 : 1] = 1;
          return vector;
        };
        const data = input.map((each, index) => ({ index, embedding: vectorOf(each) }));
        response.end(JSON.stringify({ data }));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const env = {
        EMBEDDING_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        EMBEDDING_KEY: "inf-secret-key",
      };
      const { code, stdout, stderr } = await run([folder, "--provider", "heroku", "--query", "insects"], env);
      expect(code).toBe(0);
      expect(stdout).toMatch(/\? insects\n {2}1\.000 {2}bees\.md:3/);
      expect(stdout + stderr).not.toContain(env.EMBEDDING_KEY);
    } finally {
      server.close();
    }
  });

  it("stops cleanly on Ctrl-C", async () => {
    const text = Array.from(
      { length: 300 },
      (_, n) => `Paragraph ${n} of many, each of which is long enough to be embedded by itself.`,
    );
    const many = join(folder, "many");
    mkdirSync(many);
    writeFileSync(join(many, "many.md"), text.join("\n\n"));
    const { child, printed } = start([many, "--query", "anything"]);
    const closed = once(child, "close") as Promise<[number | null, string | null]>;
    await new Promise<void>((begun) => {
      child.stdout.on("data", () => printed.stdout.includes("passages") && begun());
    });
    child.kill("SIGINT");
    const [code, signal] = await closed;
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(printed.stderr).toContain("Interrupted: running requests were aborted, and the model is closed.");
    expect(printed.stderr).not.toMatch(/\n\s+at /);
    expect(isGone(child)).toBe(true);
  });

  it.each([
    ["no workers", () => ["--workers", "0"], '--workers must be a whole number from 1 to 64, not "0"'],
    [
      "passages that are no number",
      () => ["--passages", "x"],
      '--passages must be a whole number of at least 1, not "x"',
    ],
    ["a folder that is not there", () => [join(folder, "nowhere")], "no such folder: "],
    ["a file for a folder", () => [join(folder, "bread.md")], "not a folder: "],
    ["an empty folder", () => [join(folder, "empty")], "no Markdown files (*.md) in "],
    ["no key for Heroku", () => [folder, "--provider", "heroku"], "no API key for Heroku: set EMBEDDING_KEY"],
    [
      "no key for Isaacus",
      () => [folder, "--provider", "isaacus"],
      "no API key for Isaacus: set ISAACUS_API_KEY",
    ],
    [
      "an unknown provider",
      () => ["--provider", "acme"],
      '--provider must be one of local, openai, heroku, isaacus, not "acme"',
    ],
    ["an unknown option", () => ["--nonsense"], "Unknown option '--nonsense'; --help lists the options"],
  ])("tells of %s in one line", async (_mistake, args, message) => {
    const { code, stdout, stderr } = await run(args());
    expect(stderr).toMatch(/^quickstart: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("explains itself", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: npm start -- \[folder\] \[options\]/);
  });
});

function isGone({ pid }: ChildProcess): boolean {
  try {
    process.kill(pid!, 0);
    return false;
  } catch {
    return true;
  }
}
