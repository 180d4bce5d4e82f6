import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasPostgres, startPostgres } from "../postgres.ts";
import { runExample, startExample } from "./run-example.ts";

const node = resolve("node_modules/.bin/node");
/** Where a script finds the database. */
const modules = resolve("examples/ingestion");

const key = "inf-secret-key";

/** A service in Heroku's form: responds, or holds requests forever. */
async function startService(answers = true) {
  const texts: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const { input } = JSON.parse(body) as { input: string[] };
      texts.push(...input);
      server.emit("asked");
      if (answers) sendVectors(response, input);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const env = {
    EMBEDDING_KEY: key,
    EMBEDDING_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { server, texts, env, [Symbol.dispose]: close };
}

function sendVectors(response: ServerResponse, input: readonly string[]): void {
  const data = input.map((text, index) => {
    const bytes = createHash("sha256").update(text).digest();
    return { index, embedding: Array.from({ length: 1024 }, (_, at) => bytes[at % 32]! - 128) };
  });
  response.end(JSON.stringify({ data }));
}

/** Asks the database itself; the example must have let go of it. */
async function select<Row>(store: string, sql: string): Promise<Row[]> {
  const script = `
    import { PGlite } from "@electric-sql/pglite";
    import { vector } from "@electric-sql/pglite-pgvector";
    const database = await PGlite.create(process.argv[1], { extensions: { vector } });
    console.log(JSON.stringify((await database.query(process.argv[2])).rows));
    await database.close();
  `;
  const args = ["--input-type=module", "--eval", script, join(store, "data"), sql];
  const { stdout } = await promisify(execFile)(node, args, { cwd: modules });
  return JSON.parse(stdout) as Row[];
}

/** Each row of each table, where it lies, and the transaction that has written it. */
const everyRow = ["document", "passage", "embedding"]
  .map(
    (table) =>
      `SELECT '${table}' AS "table", xmin::text, ctid::text, md5(t::text) FROM llx_ingestion.${table} t`,
  )
  .join(" UNION ALL ");

/** With their embeddings: those that nobody needs are among them too. */
const passagesOf = (folder: string): string => `
  SELECT path, text FROM llx_ingestion.passage FULL JOIN llx_ingestion.embedding USING (collection, key)
  WHERE collection = (SELECT id FROM llx_ingestion.collection WHERE folder = '${folder}')
  ORDER BY path, position`;

describe("the example ingestion", () => {
  let home: string;
  let counter = 0;

  /** A folder of documents, and a store that holds them already. */
  function copyOfBoth() {
    const [folder, store] = [join(home, `folder-${++counter}`), join(home, `store-${counter}`)];
    cpSync(join(home, "folder"), folder, { recursive: true });
    cpSync(join(home, "store"), store, { recursive: true });
    // In the store, documents belong to the folder where they were found.
    return { folder, store, args: ["--folder", folder, "--store", store, "--provider", "heroku"] };
  }

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), "llx-ingestion-"));
    const folder = join(home, "folder");
    mkdirSync(join(folder, "deep"), { recursive: true });
    writeFileSync(join(folder, "bread.md"), "# Bread\n\nLet it rest.\n\n# Oven\n\nIt must be hot.\n");
    writeFileSync(join(folder, "deep/tides.txt"), "The moon pulls the water.\n");
    // The directory takes some seconds to make: once, for all.
    const args = ["--folder", folder, "--store", join(home, "store"), "--provider", "fake"];
    const { code, stderr } = await runExample("ingestion", {}, args);
    if (code !== 0) throw new Error(stderr);
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("embeds a folder; a second run sends nothing and writes no row; a third one what has changed", async () => {
    const { folder, store, args } = copyOfBoth();
    using service = await startService();
    const first = await runExample("ingestion", service.env, [
      ...args,
      "--query",
      "The moon pulls the water.",
    ]);
    expect(first.code).toBe(0);
    expect(first.stderr).toMatch(/documents: 100 %, 2\/2/);
    expect(first.stdout).toMatch(/\n {2}1\.000 {2}deep\/tides\.txt:1\n/);
    expect(first.stdout).toMatch(/^trace ingestion /m);
    expect(first.stdout).toMatch(
      /\n2 documents \(2 new or changed, 0 removed\), 3 passages, 3 embedded, in \d+\.\d s\.\n$/,
    );
    expect(service.texts.toSorted()).toEqual([
      "# Bread Let it rest.",
      "# Oven It must be hot.",
      "The moon pulls the water.",
      "The moon pulls the water.", // the question
    ]);
    const before = await select(store, everyRow);
    service.texts.length = 0;
    const second = await runExample("ingestion", service.env, args);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain("2 documents (0 new or changed, 0 removed), 3 passages, 0 embedded, in ");
    expect(service.texts).toEqual([]);
    expect(await select(store, everyRow)).toEqual(before);
    // Those of the first folder are there too: 3 passages and 3 embeddings of 2 documents each.
    expect(before).toHaveLength(16);

    writeFileSync(join(folder, "bread.md"), "# Bread\n\nLet it rest.\n\n# Oven\n\nIt must be very hot.\n");
    rmSync(join(folder, "deep/tides.txt"));
    const third = await runExample("ingestion", service.env, args);
    expect(third.stdout).toContain("1 documents (1 new or changed, 1 removed), 2 passages, 1 embedded, in ");
    expect(service.texts).toEqual(["# Oven It must be very hot."]);
    expect(await select(store, passagesOf(folder))).toEqual([
      { path: "bread.md", text: "# Bread Let it rest." },
      { path: "bread.md", text: "# Oven It must be very hot." },
    ]);
  });

  it("is the only one in its directory until it ends, even by SIGKILL", async () => {
    const { store, args } = copyOfBoth();
    using silent = await startService(false);
    using service = await startService();
    const { child } = startExample("ingestion", silent.env, args);
    const closed = once(child, "close");
    await Promise.race([once(silent.server, "asked"), closed]);
    const second = await runExample("ingestion", service.env, args);
    expect(second).toMatchObject({ code: 1, stdout: "" });
    expect(second.stderr).toBe(
      `ingestion: another process uses ${store}, and an embedded database is for one at a time; ` +
        "wait until it has ended, give another --store, or set DATABASE_URL to a PostgreSQL server\n",
    );
    expect(service.texts).toEqual([]);
    child.kill("SIGKILL");
    expect(await closed).toEqual([null, "SIGKILL"]);
    const third = await runExample("ingestion", service.env, args);
    expect(third.code).toBe(0);
    expect(third.stdout).toContain("3 passages, 3 embedded");
  });

  it("stops cleanly on Ctrl-C, and resumes where it stopped", async () => {
    const { args } = copyOfBoth();
    using silent = await startService(false);
    using service = await startService();
    const { child, printed } = startExample("ingestion", silent.env, args);
    const closed = once(child, "close");
    await Promise.race([once(silent.server, "asked"), closed]);
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
    expect(printed.stderr).toMatch(/\nInterrupted: 0 embeddings are kept; start again to continue\.\n$/);
    expect(printed.stderr).not.toMatch(/\n\s+at /);
    expect((await runExample("ingestion", service.env, args)).stdout).toContain("3 passages, 3 embedded");
  });

  it("reports an unreachable service in one line, without its key", async () => {
    const { args } = copyOfBoth();
    const service = await startService();
    const { env } = service;
    service[Symbol.dispose]();
    const { code, stdout, stderr } = await runExample("ingestion", env, args);
    expect(code).toBe(1);
    expect(stderr.match(/^(?!documents|batches).+$/gm)).toEqual([
      expect.stringMatching(
        /^ingestion: no embedding of bread\.md:1 and 2 more passages: no connection to Heroku at http:/,
      ),
    ]);
    expect(stdout + stderr).not.toContain(key);
  });

  it("does the same on a server", async () => {
    const { args } = copyOfBoth();
    using service = await startService();
    await using server = await servePglite();
    const env = { ...service.env, DATABASE_URL: server.url };
    const first = await runExample("ingestion", env, args);
    expect(first.code).toBe(0);
    expect(first.stdout).toContain(" → PostgreSQL at 127.0.0.1:");
    expect(first.stdout).toContain("2 documents (2 new or changed, 0 removed), 3 passages, 3 embedded");
    const second = await runExample("ingestion", env, args);
    expect(second.stdout).toContain("2 documents (0 new or changed, 0 removed), 3 passages, 0 embedded");
    expect(first.stdout + first.stderr + second.stdout + second.stderr).not.toContain("secret");
  });

  it.runIf(hasPostgres("ingestion on a server of its own"))(
    "tells of a server without pgvector, and of one that another process writes to",
    async () => {
      const server = await startPostgres();
      try {
        const args = ["--folder", join(home, "folder"), "--provider", "fake"];
        const env = { DATABASE_URL: server.url };
        const none = await runExample("ingestion", env, args);
        expect(none.code).toBe(1);
        expect(none.stderr).toMatch(/^ingestion: PostgreSQL at [^\n]+ has no pgvector; install it [^\n]+\n$/);
        await using other = runScript(
          `
          import { Client } from "pg";
          const client = new Client(process.argv[1]);
          await client.connect();
          await client.query("SELECT pg_advisory_lock(hashtext('llx_ingestion'))");
          console.log("locked");
        `,
          server.url,
        );
        expect(await other.line()).toBe("locked");
        const second = await runExample("ingestion", env, args);
        expect(second.code).toBe(1);
        expect(second.stderr).toMatch(
          /^ingestion: another process writes to PostgreSQL at [^\n]+; wait until it has ended\n$/,
        );
        expect(none.stderr + second.stderr).not.toContain(":any@");
      } finally {
        await server.close();
      }
    },
  );

  it.each([
    ["a folder that is not there", ["--folder", "nowhere"], {}, "no such folder: ", 2],
    ["a folder without documents", ["--folder", "empty"], {}, "no *.md or *.txt in ", 2],
    ["no key", ["--provider", "heroku"], {}, "no API key for Heroku: set EMBEDDING_KEY", 2],
    ["an unknown option", ["--nonsense"], {}, "Unknown option '--nonsense'; --help lists the options", 2],
    [
      "a server that is not there",
      [],
      { DATABASE_URL: "postgres://me:secret@127.0.0.1:1/db" },
      "no connection to PostgreSQL at 127.0.0.1:1/db: connect ECONNREFUSED",
      1,
    ],
  ])("tells of %s in one line", async (_mistake, args, env, message, code) => {
    mkdirSync(join(home, "empty"), { recursive: true });
    const given = ["--folder", "folder", "--provider", "fake", ...args].map((arg) =>
      existsSync(join(home, arg)) || arg === "nowhere" ? join(home, arg) : arg,
    );
    const failed = await runExample("ingestion", env, ["--store", join(home, "unused"), ...given]);
    expect(existsSync(join(home, "unused"))).toBe(false);
    expect(failed.stderr).toMatch(/^ingestion: [^\n]+\n$/);
    expect(failed.stderr).toContain(message);
    expect(failed.code).toBe(code);
    expect(failed.stdout + failed.stderr).not.toContain("secret");
  });
});

describe("the example concurrent-queries", () => {
  it("answers all questions, and prints how long that took", async () => {
    const { code, stdout, stderr } = await runExample("concurrent-queries");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^0\.0\d{3} {2}.+…$/gm)).toHaveLength(20);
    // Of two rankings that agree: 2 / 61. Nobody finds a misspelt word by its letters but the vectors: 1 / 61.
    expect(stdout).toMatch(/^0\.0328 {2}Why are there tides/);
    expect(stdout).toMatch(/^0\.0164 {2}fotosynthesys +Leaves turn light into suga/m);
    expect(stdout).toMatch(/\ntrace query [^?]+ embedding .+⊘ aborted/);
    expect(stdout).toMatch(
      /\n20 questions, 8 at once, in [\d.]+ s: median [\d.]+ ms, 95 % within [\d.]+ ms\.\n20 race losers .+\n/,
    );
    // Its index is being rebuilt for four questions. When the others are late depends on the machine.
    expect(stdout).toMatch(/\n4 retrievers at once, and the first 3 answers are fused:\n/);
    expect(stdout).toMatch(/\ngraph +1000 ms +16 +0 +4 +0 +[\d.]+ ms\n/);
    expect(stdout).toMatch(/\nAn answer took [\d.]+ ms \(median\), [\d.]+ ms at most\.\n/);
    // Errors are whole, as this is no terminal.
    const long = stdout.split("\n").filter((line) => line.length > 80 && !line.includes("✗"));
    expect(long).toEqual([]);
  });
});

/** Runs a script with the modules of the example, until it is disposed of. */
function runScript(script: string, ...args: readonly string[]) {
  const running = execFile(node, ["--input-type=module", "--eval", script, ...args], { cwd: modules });
  const closed = once(running, "close");
  return {
    async line(): Promise<string> {
      const [printed] = (await once(running.stdout!, "data")) as [string];
      return printed.trim();
    },
    async [Symbol.asyncDispose]() {
      running.kill();
      await closed;
    },
  };
}

/** The embedded database, served to others by a process of its own. */
async function servePglite() {
  const served = runScript(`
    import { PGlite } from "@electric-sql/pglite";
    import { vector } from "@electric-sql/pglite-pgvector";
    import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
    const db = await PGlite.create({ extensions: { vector } });
    const server = new PGLiteSocketServer({ db, port: 0 });
    await server.start();
    console.log(server.getServerConn());
  `);
  const url = `postgres://postgres:secret@${await served.line()}/postgres`;
  return { url, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() };
}
