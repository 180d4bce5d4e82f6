import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DevtoolsRecord, readRecord } from "../../integrations/devtools/dist/index.js";

const cli = resolve("integrations/devtools/dist/cli.js");
const distOf = (name: string): string => JSON.stringify(resolve(`packages/${name}/dist/index.js`));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-cli-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that knows nothing of devtools. */
function program(body: string, name = "program.mjs"): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `import { CallbackManager, setGlobalHandlers } from ${distOf("callbacks")};
     import { mapJobs } from ${distOf("async")};
     const manager = new CallbackManager();
     ${body}`,
  );
  return path;
}

interface Run {
  readonly process: ChildProcess;
  stdout: string;
  stderr: string;
  readonly ended: Promise<{ code: number | null; signal: string | null }>;
}

/** Its temporary files go to a folder that is looked at afterwards. */
function start(...words: string[]): Run {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [cli, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...env, TMPDIR: join(folder) },
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal }));
  const run: Run = { process: child, stdout: "", stderr: "", ended };
  child.stdout.on("data", (data) => (run.stdout += String(data)));
  child.stderr.on("data", (data) => (run.stderr += String(data)));
  return run;
}

/** Resolves when a text has been printed. */
async function printed(run: Run, text: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const found = text.exec(run.stdout + run.stderr);
    if (found) return found;
    await Promise.race([
      once(run.process.stdout!, "data"),
      once(run.process.stderr!, "data"),
      run.ended.then(({ code }) => {
        throw new Error(`it ended (${code}) without printing ${String(text)}: ${run.stderr}`);
      }),
    ]);
  }
}

const leftOver = (): string[] => readdirSync(folder).filter((name) => name.startsWith("llx-devtools-"));

async function readAll(path: string): Promise<DevtoolsRecord[]> {
  return Array.fromAsync(readRecord(path));
}

describe("devtools", () => {
  it("records a program that is not changed, and ends as it does", async () => {
    const record = join(folder, "run.ndjson");
    const path = program(`
      setGlobalHandlers([]);
      await mapJobs([1, 2, 3], (n) => manager.event("retrieve", { topK: n, content: { query: "secret" } }, () => n));
      console.log("its own output", process.argv.slice(2).join(" "));
      process.exit(3);`);
    const run = start("--record", record, process.execPath, path, "--port", "x");
    expect(await run.ended).toEqual({ code: 3, signal: null });
    expect(run.stdout).toBe("its own output --port x\n");
    expect(run.stderr).toBe("");
    const lines = await readAll(record);
    const events = lines.filter((line) => line.kind === "event");
    expect(events.map(({ type }) => type).toSorted()).toEqual([
      "async_job",
      "async_job",
      "async_job",
      "retrieve",
      "retrieve",
      "retrieve",
    ]);
    expect(lines.find(({ kind }) => kind === "process")).toMatchObject({ program: "program.mjs" });
    expect(lines.at(-1)).toMatchObject({ kind: "exit", code: 3 });
    expect(lines.at(-1)).not.toHaveProperty("source");
    expect(JSON.stringify(lines)).not.toContain("secret");
    expect(leftOver()).toEqual([]);
  });

  it("records texts where it is asked to", async () => {
    const record = join(folder, "run.ndjson");
    const path = program('await manager.event("retrieve", { content: { query: "Who?" } }, () => 1);');
    const run = start("--record", record, "--full", process.execPath, path);
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(JSON.stringify(await readAll(record))).toContain("Who?");
  });

  it("records the threads and processes that a program starts", async () => {
    const record = join(folder, "run.ndjson");
    const child = program('await manager.event("tree", () => 1);', "child.mjs");
    const thread = program('await manager.event("chunking", () => 1);', "thread.mjs");
    const path = program(`
      import { spawnSync } from "node:child_process";
      import { Worker } from "node:worker_threads";
      await new Promise((resolve) => new Worker(${JSON.stringify(thread)}).on("exit", resolve));
      spawnSync(process.execPath, [${JSON.stringify(child)}]);
      await manager.event("query", () => 1);`);
    const run = start("--record", record, process.execPath, path);
    expect(await run.ended).toEqual({ code: 0, signal: null });
    const lines = await readAll(record);
    const types = lines.flatMap((line) => (line.kind === "event" ? [line.type] : []));
    expect(types.toSorted()).toEqual(["chunking", "query", "tree"]);
    expect(lines.filter(({ kind }) => kind === "process")).toHaveLength(3);
  });

  it("ends by the signal that ended the program", async () => {
    const record = join(folder, "run.ndjson");
    const path = program('manager.startEvent("tree"); console.log("ready"); setInterval(() => {}, 1000);');
    const run = start("--record", record, process.execPath, path);
    await printed(run, /ready/);
    run.process.kill("SIGTERM");
    expect(await run.ended).toEqual({ code: null, signal: "SIGTERM" });
    expect((await readAll(record)).at(-1)).toMatchObject({ kind: "exit", code: "SIGTERM" });
    expect(leftOver()).toEqual([]);
  });

  it("shows a page while the program runs and after it, until Ctrl-C", async () => {
    const path = program('await manager.event("query", () => 1); process.exitCode = 4;');
    const run = start("--no-open", process.execPath, path);
    const [, address] = (await printed(run, /(http:\S+)/)) as unknown as [string, string];
    await printed(run, /the program has ended \(exit code 4\)\. Its page stays until you press Ctrl-C\./);
    const page = await fetch(address);
    expect(await page.text()).toContain('<script type="module" src="page.js">');
    expect((await (await fetch(new URL("page.js", address))).text()).length).toBeGreaterThan(20_000);
    expect((await (await fetch(new URL("page.css", address))).text()).length).toBeGreaterThan(2_000);
    run.process.kill("SIGINT");
    expect(await run.ended).toEqual({ code: 4, signal: null });
    expect(leftOver()).toEqual([]);
  });

  it("ends with the program where it is asked to", async () => {
    const run = start("--no-open", "--exit", process.execPath, program("process.exitCode = 5;"));
    expect(await run.ended).toEqual({ code: 5, signal: null });
  });

  it("says in one line that nothing can be seen of a program that no process of Node.js or Bun is part of", async () => {
    const run = start("--record", join(folder, "run.ndjson"), "true");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(run.stderr).toBe(
      "devtools: nothing of the program can be seen: only Node.js and Bun load what records it; elsewhere, use DevtoolsHandler in its code\n",
    );
  });

  it("opens a record", async () => {
    const record = join(folder, "run.ndjson");
    const head = '{"kind":"record","version":1,"time":1}';
    writeFileSync(record, `${head}\n{"kind":"exit","time":2,"code":0}\n`);
    const run = start("--no-open", "open", record);
    const [, address] = (await printed(run, /(http:\S+)/)) as unknown as [string, string];
    const response = await fetch(new URL("events", address));
    let text = "";
    for await (const piece of response.body!) {
      text += Buffer.from(piece).toString();
      if (text.includes('"exit"')) break;
    }
    expect(text).toContain(head);
    run.process.kill("SIGTERM");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(leftOver()).toEqual([]);
  });

  it("converts a record, and opens what it has made", async () => {
    const record = join(folder, "run.ndjson");
    const trace = "1".repeat(32);
    writeFileSync(
      record,
      `{"kind":"record","version":1,"time":1}\n{"kind":"event","id":"${"2".repeat(16)}","type":"query","trace":"${trace}","time":5,"end":9,"status":"ok"}\n`,
    );
    const spans = join(folder, "spans.json");
    expect(await start("convert", "otlp", record, spans).ended).toEqual({ code: 0, signal: null });
    const run = start("--no-open", "open", spans);
    const [, address] = (await printed(run, /(http:\S+)/)) as unknown as [string, string];
    const response = await fetch(new URL("events", address));
    let text = "";
    for await (const piece of response.body!) {
      text += Buffer.from(piece).toString();
      if (text.includes("event: complete")) break;
    }
    expect(text).toContain('"type":"query"');
    expect(text).toContain(trace);
    run.process.kill("SIGINT");
    expect(await run.ended).toEqual({ code: 0, signal: null });
    expect(leftOver()).toEqual([]);
  });

  it.each([
    [[], "devtools: there is no command to run, as in: devtools node my-script.js (see --help)\n"],
    [["no-such-command"], "devtools: no-such-command cannot be run (ENOENT): is it installed and in PATH?\n"],
    [["open", "missing.ndjson"], "devtools: missing.ndjson cannot be read (ENOENT)\n"],
    [
      ["open", "package.json"],
      "devtools: package.json is no record of @llx/devtools, no OTLP/JSON and no Chrome trace\n",
    ],
    [["convert", "otlp", "missing.ndjson", "x"], "devtools: missing.ndjson cannot be read (ENOENT)\n"],
    [["--prices", "README.md", "node"], "devtools: the prices README.md cannot be read (it is not JSON)\n"],
    [["--record", "/dev/full", "node"], "devtools: the record /dev/full cannot be written (ENOSPC)\n"],
    [["--record", "/no/folder/x", "node"], "devtools: the record /no/folder/x cannot be written (ENOENT)\n"],
  ])("says in one line why it cannot do %j", async (words, message) => {
    const run = start("--no-open", ...words);
    expect(await run.ended).toEqual({ code: 2, signal: null });
    expect(run.stderr.replace(/^devtools: http.*\n/, "")).toBe(message);
    expect(leftOver()).toEqual([]);
  });

  it("prints its help and its version", async () => {
    const help = start("--help");
    expect(await help.ended).toEqual({ code: 0, signal: null });
    expect(help.stdout).toContain("devtools [options] <command> [arguments]");
    const version = start("--version");
    await version.ended;
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
