import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { fakeEmbedding, fakeVector } from "@llx/embeddings/testing";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { UsageError } from "./arguments.ts";
import { type Database, openDatabase } from "./database.ts";
import { findDocuments } from "./documents.ts";
import { ingest, type IngestOptions, type Totals } from "./ingest.ts";
import { Store } from "./store.ts";

// A server with pgvector, in the words of PostgreSQL's own protocol.
let pglite: PGlite;
let server: PGLiteSocketServer;
let database: Database;

beforeAll(async () => {
  pglite = await PGlite.create({ extensions: { vector } });
  server = new PGLiteSocketServer({ db: pglite, port: 0 });
  await server.start();
  database = await openDatabase(`postgres://postgres:secret@${server.getServerConn()}/postgres`, "unused");
}, 120_000);

afterAll(async () => {
  await database.aclose();
  await server.stop();
  await pglite.close();
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-ingest-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, ...passages: readonly string[]): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  // Each heading begins a passage.
  writeFileSync(join(folder, path), passages.map((words) => `# ${words}\n`).join("\n"));
}

interface RunOptions extends Partial<Pick<IngestOptions, "workers" | "signal" | "manager">> {
  readonly inputs?: number;
  readonly dimensions?: number;
  readonly respond?: (texts: readonly string[]) => void | Promise<void>;
}

/** One run: its totals, and the texts of each request. */
async function run(given: RunOptions = {}) {
  const { inputs = 2, dimensions = 8, respond, manager = new CallbackManager(), ...options } = given;
  const requests: string[][] = [];
  const totals: Totals = { documents: 0, changed: 0, removed: 0, passages: 0, embedded: 0 };
  await using model = fakeEmbedding({
    dimensions,
    limits: { inputs },
    retry: { attempts: 1 },
    respond: ({ texts }) => {
      requests.push([...texts]);
      return respond?.(texts);
    },
  });
  const store = await Store.open(database, folder, `fake/${dimensions}`);
  const { signal } = new AbortController();
  let error: unknown;
  try {
    const paths = await findDocuments(folder);
    await manager.event("ingestion", () =>
      ingest({
        folder,
        paths,
        store,
        model,
        workers: 1,
        manager,
        signal,
        showProgress: false,
        ...options,
        totals,
      }),
    );
  } catch (thrown) {
    error = thrown;
  }
  return { totals, requests, error, store };
}

/** Of one folder: what the tables hold, and which transaction has written each row. */
async function rows(model = "fake/8"): Promise<Record<"documents" | "passages" | "embeddings", unknown[]>> {
  const of = (sql: string): Promise<unknown[]> =>
    database.query(
      `${sql} WHERE collection = (SELECT id FROM llx_ingestion.collection WHERE folder = $1 AND model = $2) ORDER BY 1, 2`,
      [folder, model],
    );
  return {
    documents: await of("SELECT path, passages, xmin::text, ctid::text FROM llx_ingestion.document"),
    passages: await of(
      "SELECT path, position, line, text, xmin::text, ctid::text FROM llx_ingestion.passage",
    ),
    embeddings: await of("SELECT key, vector::text, xmin::text, ctid::text FROM llx_ingestion.embedding"),
  };
}

const texts = (passages: readonly unknown[]): unknown[] =>
  passages.map((row) => [(row as { path: string }).path, (row as { text: string }).text]);

describe("a first run", () => {
  it("stores each passage, and embeds each text once", async () => {
    write("a.md", "one", "two", "one");
    write("deep/b.txt", "two", "three");
    write("node_modules/c.md", "no");
    write(".hidden/d.md", "no");
    write("e.png", "no");
    const { totals, requests, error } = await run();
    expect(error).toBeUndefined();
    expect(totals).toEqual({ documents: 2, changed: 2, removed: 0, passages: 5, embedded: 3 });
    expect(requests).toEqual([["# one", "# two"], ["# three"]]);
    const { passages, embeddings } = await rows();
    expect(texts(passages)).toEqual([
      ["a.md", "# one"],
      ["a.md", "# two"],
      ["a.md", "# one"],
      ["deep/b.txt", "# two"],
      ["deep/b.txt", "# three"],
    ]);
    expect(embeddings).toHaveLength(3);
  });

  it("stores the very vectors, and finds by them", async () => {
    write("a.md", "one", "two", "three");
    const { store } = await run();
    const found = await store.nearest(fakeVector("# two", 8), 2);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({ path: "a.md", line: 3, text: "# two" });
    expect(found[0]!.score).toBeCloseTo(1, 6);
    const kept = (await rows()).embeddings.map((row) => JSON.parse((row as { vector: string }).vector));
    const vectors = kept.map((numbers) => Float32Array.from(numbers as number[]));
    expect(vectors).toContainEqual(fakeVector("# two", 8));
  });

  it("records each step in one trace", async () => {
    write("a.md", "one");
    const debug = new DebugHandler();
    await run({ manager: new CallbackManager({ handlers: [debug] }) });
    const starts = debug.getEventPairs().map(([start]) => start);
    const above = (id: string | undefined): string[] => {
      const event = starts.find((start) => start.id === id);
      return event === undefined ? [] : [...above(event.parentId), event.type];
    };
    expect(starts.map(({ id }) => above(id).join(" > ")).toSorted()).toEqual([
      "ingestion",
      "ingestion > async_job",
      "ingestion > async_job",
      "ingestion > async_job > embed_texts",
      "ingestion > async_job > embed_texts > async_job",
      "ingestion > async_job > embed_texts > async_job > embedding",
      "ingestion > async_job > read",
      "ingestion > async_job > store",
      "ingestion > chunking",
      "ingestion > store",
      "ingestion > store",
    ]);
    expect(new Set(starts.map(({ traceId }) => traceId)).size).toBe(1);
  });

  it("copes with documents of one character that PostgreSQL does not keep, and of no words", async () => {
    writeFileSync(join(folder, "zero.md"), "one\0two");
    writeFileSync(join(folder, "empty.txt"), "\n");
    const { totals, error } = await run();
    expect(error).toBeUndefined();
    expect(totals).toMatchObject({ documents: 2, changed: 2, passages: 1 });
    expect(texts((await rows()).passages)).toEqual([["zero.md", "one two"]]);
  });
});

describe("another run", () => {
  beforeEach(async () => {
    write("a.md", "one", "two");
    write("b.md", "three");
    await run();
  });

  it("sends nothing and writes nothing where nothing has changed", async () => {
    const before = await rows();
    const { totals, requests } = await run();
    expect(requests).toEqual([]);
    expect(totals).toEqual({ documents: 2, changed: 0, removed: 0, passages: 3, embedded: 0 });
    expect(await rows()).toEqual(before);
  });

  it("embeds what is new in a changed document, and lets go of what is not in it any more", async () => {
    write("a.md", "two", "four");
    const { totals, requests } = await run();
    expect(requests).toEqual([["# four"]]);
    expect(totals).toEqual({ documents: 2, changed: 1, removed: 0, passages: 3, embedded: 1 });
    const { passages, embeddings } = await rows();
    expect(texts(passages)).toEqual([
      ["a.md", "# two"],
      ["a.md", "# four"],
      ["b.md", "# three"],
    ]);
    expect(embeddings).toHaveLength(3);
  });

  it("deletes what was removed", async () => {
    rmSync(join(folder, "a.md"));
    const { totals, requests } = await run();
    expect(requests).toEqual([]);
    expect(totals).toEqual({ documents: 1, changed: 0, removed: 1, passages: 1, embedded: 0 });
    const { documents, passages, embeddings } = await rows();
    expect([documents.length, passages.length, embeddings.length]).toEqual([1, 1, 1]);
  });

  it("embeds nothing of a document that was renamed", async () => {
    renameSync(join(folder, "a.md"), join(folder, "c.md"));
    const { totals, requests } = await run();
    expect(requests).toEqual([]);
    expect(totals).toMatchObject({ changed: 1, removed: 1, passages: 3 });
  });

  it("by another model leaves the vectors of the first", async () => {
    const before = await rows();
    const { requests, store } = await run({ dimensions: 4 });
    expect(requests.flat()).toHaveLength(3);
    expect(await rows()).toEqual(before);
    expect((await store.nearest(fakeVector("# one", 4), 1))[0]).toMatchObject({ text: "# one" });
  });

  it("of a folder that is empty now deletes nothing", async () => {
    const before = await rows();
    rmSync(join(folder, "a.md"));
    rmSync(join(folder, "b.md"));
    const { error } = await run();
    expect(error).toEqual(new UsageError(`no *.md or *.txt in ${folder}; the store is left as it is`));
    expect(await rows()).toEqual(before);
  });
});

describe("a run that fails", () => {
  it("names the passage, keeps what was answered, and the next one asks for the rest alone", async () => {
    write("a.md", "one", "two");
    write("b.md", "three", "four");
    const failed = await run({
      respond: ([first]) => {
        if (first === "# three") throw new Error("the service is down");
      },
    });
    expect(failed.error).toEqual(
      new Error("no embedding of b.md:1 and 1 more passages: the service is down"),
    );
    expect(failed.totals.embedded).toBe(2);
    const { documents, embeddings } = await rows();
    expect([documents.length, embeddings.length]).toEqual([1, 2]);
    const { requests, totals } = await run();
    expect(requests).toEqual([["# three", "# four"]]);
    expect(totals).toMatchObject({ changed: 1, passages: 4 });
  });

  it("leaves a document whole that it could not replace", async () => {
    write("a.md", "one");
    const { store } = await run();
    const before = await rows();
    const passages = [{ line: 1, text: "nobody embedded this", key: "unknown" }];
    await expect(store.replaceDocuments([{ path: "a.md", hash: "new", passages }])).rejects.toThrow(
      /foreign key/,
    );
    expect(await rows()).toEqual(before);
  });

  it("stops with its signal, and what was answered is kept", async () => {
    write("a.md", "one", "two", "three");
    const stopping = new AbortController();
    const { error, totals, requests } = await run({
      inputs: 1,
      signal: stopping.signal,
      respond: ([first]) => {
        if (first === "# two") stopping.abort(new Error("stop"));
      },
    });
    expect(error).toEqual(new Error("stop"));
    expect(requests).toHaveLength(2);
    expect(totals.embedded).toBe(1);
    expect((await rows()).embeddings).toHaveLength(1);
  });
});

it("reads no further ahead than there is room for", async () => {
  for (let index = 0; index < 300; index++) write(`${String(index).padStart(3, "0")}.md`, `text ${index}`);
  const debug = new DebugHandler();
  const held = Promise.withResolvers<void>();
  let answered = 0;
  const done = run({
    inputs: 1,
    workers: 2,
    manager: new CallbackManager({ handlers: [debug] }),
    respond: async ([first]) => {
      if (first === "# text 0") await held.promise;
      answered++;
    },
  });
  // The first one is held: results wait behind it until there is no more room, 16 of them.
  await vi.waitFor(() => expect(answered).toBeGreaterThanOrEqual(16), { timeout: 20_000 });
  const read = debug.getEvents("read").length / 2;
  held.resolve();
  expect(read).toBeLessThan(60);
  expect((await done).totals).toMatchObject({ documents: 300, passages: 300, embedded: 300 });
}, 30_000);
