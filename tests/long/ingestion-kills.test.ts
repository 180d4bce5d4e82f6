import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, type FSWatcher, mkdirSync, mkdtempSync, rmSync, watch, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { seeded } from "../seeded.ts";

const node = resolve("node_modules/.bin/node");
const example = resolve("examples/ingestion");
/** 20, or as many as this variable says. */
const kills = Number(process.env["LLX_KILLS"] ?? 20);
const workers = 2;
/** What Heroku takes in a request. */
const textsPerRequest = 96;
const documents = 8 * kills;

/** Whole numbers below a limit, the same in each run. */
function wholeNumbers(seed: number): (below: number) => number {
  const random = seeded(seed);
  return (below) => Math.floor(random() * below);
}

/** What becomes of one process. */
interface Run {
  readonly child: ChildProcess;
  /** In the order in which they came. */
  readonly requests: string[][];
  /** In the order in which their answers had gone out. */
  readonly answered: string[][];
  readonly printed: { stdout: string; stderr: string };
  readonly closed: Promise<unknown>;
}

/** Looks at a run whenever something has happened, and says whether now is the time. */
type Moment = (run: Run, changes: number) => boolean;

let home: string;
let folder: string;
let server: Server;
let run: Run | undefined;
let onEvent = (): void => {};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "llx-kills-"));
  folder = join(home, "folder");
  mkdirSync(folder);
  const random = wholeNumbers(1);
  let word = 0;
  for (let document = 0; document < documents; document++) {
    // From a single passage to more than a request takes; some stand in several documents.
    const passages = Array.from({ length: 1 + random(200) }, () =>
      random(20) === 0 ? `# Words that are said again, ${random(10)}\n` : `# Words of their own, ${word++}\n`,
    );
    writeFileSync(join(folder, `${document}.md`), passages.join("\n"));
  }
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      const { input } = JSON.parse(body) as { input: string[] };
      const asking = run!;
      asking.requests.push(input);
      onEvent();
      if (asking.child.killed) return;
      response.once("finish", () => {
        asking.answered.push(input);
        onEvent();
      });
      const data = input.map((text, index) => {
        const bytes = createHash("sha256").update(text).digest();
        return { index, embedding: Array.from({ length: 1024 }, (_, at) => bytes[at % 32]! - 128) };
      });
      response.end(JSON.stringify({ data }));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(home, { recursive: true, force: true });
});

function start(store: string): Run {
  const args = ["--folder", folder, "--store", store, "--provider", "heroku", "--workers", String(workers)];
  const { PATH, HOME } = process.env;
  const { port } = server.address() as AddressInfo;
  const env = { PATH, HOME, EMBEDDING_KEY: "inf-key", EMBEDDING_URL: `http://127.0.0.1:${port}` };
  const child = spawn(node, [join(example, "src/main.ts"), ...args], { env });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (part: Buffer) => {
    printed.stdout += part.toString();
    onEvent();
  });
  child.stderr.on("data", (part: Buffer) => {
    printed.stderr += part.toString();
    onEvent();
  });
  return (run = { child, requests: [], answered: [], printed, closed: once(child, "close") });
}

/** Runs to the end. */
async function finish(store: string): Promise<Run> {
  const finished = start(store);
  expect(await finished.closed, finished.printed.stderr).toEqual([0, null]);
  return finished;
}

/** Starts a run, and kills it at a moment; `files`: where changes of files are counted. */
async function killAt(store: string, files: string, moment: Moment): Promise<Run> {
  let changes = 0;
  const victim = start(store);
  const watcher: FSWatcher = watch(files, { recursive: true }, () => {
    changes++;
    onEvent();
  });
  onEvent = () => {
    if (!victim.child.killed && moment(victim, changes)) victim.child.kill("SIGKILL");
  };
  try {
    expect(await victim.closed, victim.printed.stderr).toEqual([null, "SIGKILL"]);
    return victim;
  } finally {
    onEvent = () => {};
    watcher.close();
  }
}

/** What is in the tables, in one order. */
async function contents(store: string): Promise<unknown> {
  const script = `
    import { PGlite } from "@electric-sql/pglite";
    import { vector } from "@electric-sql/pglite-pgvector";
    const database = await PGlite.create(process.argv[1], { extensions: { vector } });
    const rows = async (sql) => (await database.query(sql)).rows;
    console.log(JSON.stringify({
      collections: await rows("SELECT folder, model FROM llx_ingestion.collection"),
      documents: await rows("SELECT path, hash, passages FROM llx_ingestion.document ORDER BY path"),
      passages: await rows("SELECT path, position, line, text, key FROM llx_ingestion.passage ORDER BY path, position"),
      embeddings: await rows("SELECT key, md5(vector::text) FROM llx_ingestion.embedding ORDER BY key"),
    }));
    await database.close();
  `;
  const args = ["--input-type=module", "--eval", script, join(store, "data")];
  const { stdout } = await promisify(execFile)(node, args, { cwd: example, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}

/** Of all kinds: requests on their way, answers just sent, files being written, a process just begun. */
function moments(seed: number): Moment[] {
  const random = wholeNumbers(seed);
  return Array.from({ length: kills - 2 }, (): Moment => {
    const count = 1 + random(4);
    switch (random(4)) {
      case 0:
        return ({ requests }) => requests.length >= count;
      case 1:
        return ({ answered }) => answered.length >= count;
      case 2: {
        const most = 1 + random(40);
        return (_, changes) => changes >= most;
      }
      default:
        return ({ printed }) => printed.stdout.includes("\n");
    }
  });
}

it(`loses nothing and repeats only what was under way, through ${kills} kills`, async () => {
  const [store, undisturbed] = [join(home, "killed"), join(home, "undisturbed")];
  mkdirSync(store);
  // While the database is made: the next run must not take what there is of it for a database.
  const killed = [await killAt(store, store, () => existsSync(join(store, "unfinished/PG_VERSION")))];
  // That one makes it.
  killed.push(await killAt(store, store, ({ answered }) => answered.length >= 1));
  for (const moment of moments(20)) killed.push(await killAt(store, join(store, "data/pg_wal"), moment));
  const last = await finish(store);
  expect(last.printed.stdout).toContain(`${documents} documents (`);
  const through = await contents(store);

  const whole = await finish(undisturbed);
  expect(through).toEqual(await contents(undisturbed));

  const texts = whole.requests.flat();
  expect(new Set(texts).size).toBe(texts.length);
  // What a run was killed in: its requests without an answer, and answers that may not have been stored yet.
  const underWay = new Set<string>();
  const asked = new Set<string>();
  let again = 0;
  for (const { requests, answered } of [...killed, last]) {
    for (const text of requests.flat()) {
      if (asked.has(text)) {
        again++;
        expect(underWay, `${text} was stored, and asked for again`).toContain(text);
        underWay.delete(text);
      }
      asked.add(text);
    }
    const open = requests.filter((request) => !answered.includes(request));
    for (const text of [...open, ...answered.slice(-workers)].flat()) underWay.add(text);
  }
  expect(asked).toEqual(new Set(texts));
  expect(killed).toHaveLength(kills);
  expect(again).toBeLessThanOrEqual(kills * workers * textsPerRequest);
  console.log(
    `${kills} kills: ${killed.map(({ requests, answered }) => `${answered.length}/${requests.length}`).join(" ")}; ` +
      `${texts.length} texts, ${again} of them asked for again`,
  );
  expect((await finish(store)).requests).toEqual([]);
}, 600_000);
