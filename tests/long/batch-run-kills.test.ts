import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type FSWatcher, mkdirSync, mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRun } from "../../integrations/embeddings-batch/dist/index.js";
import { fakeOpenaiBatches } from "../../integrations/embeddings-openai/dist/testing.js";
import {
  type BatchOperation,
  type BatchServer,
  startBatchServer,
} from "../../packages/embeddings/dist/testing.js";
import { seeded } from "../seeded.ts";

const fixture = new URL("fixtures/batch-run-process.mjs", import.meta.url);
/** 20, or as many as this variable says. */
const kills = Number(process.env["LLX_KILLS"] ?? 20);
const count = 2_000;

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "llx-batch-kills-"));
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A service that refuses some texts, and returns no numbers for one text of each batch until it is sent again. */
async function startServer(): Promise<BatchServer> {
  const service = fakeOpenaiBatches({ dimensions: 8, inputs: 20 });
  const server = await startBatchServer(service, { perPoll: 45_000, textsPerSecond: 10 });
  server.hooks = {
    refuse: (text) =>
      Number(text.slice("text ".length)) % 97 === 0
        ? service.live.refuse(400, "this text is refused")
        : undefined,
    // Where a batch has all texts of its part, their ids are their places.
    spoil: (line, { id, index }) => [
      index === 7 && id === "7" ? line.replace(/"embedding":(?:"[^"]*"|\[[^\]]*\])/, '"embedding":[]') : line,
    ],
  };
  return server;
}

function start(server: BatchServer, folder: string): ChildProcess {
  const settings = { url: server.url, apiKey: fakeOpenaiBatches().live.apiKey, folder, count };
  return fork(fixture, [JSON.stringify(settings)], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** Runs to the end, and returns what the run says of itself. */
async function finish(server: BatchServer, folder: string): Promise<unknown> {
  const child = start(server, folder);
  // "exit" may come before the last message has been read, "close" does not.
  const closed = once(child, "close");
  await once(child, "message");
  const [result] = await once(child, "message");
  await closed;
  return result;
}

/** When a process is killed. */
interface Moment {
  /** A request, or a folder in which a file changes. */
  readonly what: BatchOperation | (typeof folders)[number];
  /** How often, since the process was started. */
  readonly times: number;
  /** Milliseconds after that. */
  readonly delay: number;
}

const folders = ["sections", "results", "batches"] as const;
const requests = ["upload", "create", "status", "results", "remove"] as const;
/** Planning, upload, storing the reference, waiting, download, storing, removing. */
const phases: readonly { readonly kind: "files" | "requests"; readonly what: Moment["what"] }[] = [
  ...folders.map((what) => ({ kind: "files", what }) as const),
  ...requests.map((what) => ({ kind: "requests", what }) as const),
];

type Phase = (typeof phases)[number] & Moment;

function momentsOf(seed: number): Phase[] {
  const random = seeded(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  return Array.from({ length: kills }, (_, at): Phase => {
    const phase = phases[at % phases.length]!;
    const times = 1 + below(phase.kind === "files" ? 8 : 4);
    return { ...phase, times, delay: below(3) === 0 ? below(40) : 0 };
  });
}

/** Kills a process at a moment. Returns `false` if it ended before. */
async function killAt(
  server: BatchServer,
  folder: string,
  { kind, what, times, delay }: Phase,
): Promise<boolean> {
  const run = join(folder, "run");
  mkdirSync(run, { recursive: true });
  const asked = (): number => server.counts.requests[what as BatchOperation] ?? 0;
  const before = asked();
  const child = start(server, folder);
  let changes = 0;
  let timer: NodeJS.Timeout | undefined;
  const watcher: FSWatcher = watch(run, { recursive: true }, (_event, name) => {
    if (String(name).startsWith(what)) changes++;
    look();
  });
  const look = (): void => {
    const reached = kind === "files" ? changes : asked() - before;
    if (reached >= times) timer ??= setTimeout(() => child.kill("SIGKILL"), delay);
  };
  const looking = setInterval(look, 2);
  const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  clearInterval(looking);
  clearTimeout(timer);
  watcher.close();
  return signal === "SIGKILL";
}

async function contents(folder: string): Promise<string[]> {
  await using stored = await openRun(join(folder, "run"));
  expect(stored.isComplete).toBe(true);
  const rows: string[] = [];
  for await (const { index, text, embedding, error } of stored.results({ ordered: true })) {
    rows.push(`${index} ${text} ${error === undefined ? embedding.join(",") : error.message}`);
  }
  return rows;
}

it(`submits each batch once and loses nothing, through ${kills} kills`, { timeout: 900_000 }, async () => {
  const [killed, undisturbed] = [join(home, "killed"), join(home, "undisturbed")];
  mkdirSync(killed);
  mkdirSync(undisturbed);
  await using server = await startServer();
  const done: string[] = [];
  for (const moment of momentsOf(22)) {
    // oxlint-disable-next-line no-await-in-loop -- one process after another
    if (!(await killAt(server, killed, moment))) break;
    done.push(`${moment.times} ${moment.what} (${moment.kind})`);
  }
  const summary = await finish(server, killed);
  const { uploads, batches, orphans, files } = server.counts;
  console.log(`${done.length} kills: ${done.join(", ")}; ${Object.keys(batches).length} batches`);
  expect(done).toHaveLength(kills);
  // Each once.
  expect(Object.values(batches).filter((times) => times !== 1)).toEqual([]);
  expect(Object.values(uploads).filter((times) => times !== 1)).toEqual([]);
  const uploaded = Object.keys(uploads).map((name) => name.replace(".jsonl", ""));
  expect(uploaded.toSorted()).toEqual(Object.keys(batches).toSorted());
  expect(uploaded.filter((name) => name.endsWith("-2")).length).toBeGreaterThan(50);
  expect(orphans).toEqual([]);
  expect(files).toBe(0);

  await using another = await startServer();
  expect(summary).toEqual(await finish(another, undisturbed));
  const rows = await contents(killed);
  expect(rows).toHaveLength(count);
  expect(rows).toEqual(await contents(undisturbed));
  expect(Object.keys(batches)).toHaveLength(Object.keys(another.counts.batches).length);
});
