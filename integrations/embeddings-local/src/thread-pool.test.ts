import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { includedModel } from "./local-model.ts";
import type { ThreadNotice, ThreadRequest, ThreadResponse } from "./messages.ts";

/** A thread that says in response to a request what `respond` says. */
class FakeWorker extends EventEmitter {
  static respond: (request: ThreadRequest & { kind: "embed" }) => (ThreadResponse | ThreadNotice)[];
  readonly data: unknown;

  constructor(_url: URL, { workerData }: { workerData: unknown }) {
    super();
    this.data = workerData;
    FakeWorker.started.push(this);
  }
  static started: FakeWorker[] = [];
  keepsAlive = true;
  ref(): void {
    this.keepsAlive = true;
  }
  unref(): void {
    this.keepsAlive = false;
  }
  async terminate(): Promise<number> {
    return 0;
  }
  postMessage(request: ThreadRequest): void {
    if (request.kind === "embed") for (const said of FakeWorker.respond(request)) this.emit("message", said);
  }
}

vi.doMock("node:worker_threads", () => ({ Worker: FakeWorker }));
const { ThreadPool } = await import("./thread-pool.ts");

const choice = { model: includedModel(), engine: { name: "onnxruntime-node", required: false } } as const;
const { signal } = new AbortController();
const problem = "onnxruntime-node is installed, but does not work on linux-x64: no GLIBC";

beforeEach(() => {
  FakeWorker.started = [];
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("ThreadPool", () => {
  it("tells its threads which engine to open, and returns which one has computed", async () => {
    const vectors = [Float32Array.of(1)];
    FakeWorker.respond = ({ id }) => [{ kind: "embedded", id, vectors, engine: "wasm" }];
    const pool = new ThreadPool(1, choice);
    expect(await pool.embed(["a"], signal)).toMatchObject({ vectors, engine: "wasm" });
    expect(FakeWorker.started.map(({ data }) => data)).toEqual([
      { ...choice, calls: expect.any(SharedArrayBuffer) },
    ]);
  });

  it("starts threads ahead of the first text, and uses them", async () => {
    FakeWorker.respond = ({ id }) => [{ kind: "embedded", id, vectors: [], engine: "wasm" }];
    const pool = new ThreadPool(2, choice);
    pool.preload();
    pool.preload();
    expect(FakeWorker.started.map(({ keepsAlive }) => keepsAlive)).toEqual([false, false]);
    await Promise.all(["a", "b", "c"].map((each) => pool.embed([each], signal)));
    expect(FakeWorker.started).toHaveLength(2);
  });

  it("warns once of an engine that does not work, and says what to do", async () => {
    const warn = vi.spyOn(process, "emitWarning").mockReturnValue();
    FakeWorker.respond = ({ id }) => [
      { kind: "fallback", problem },
      { kind: "embedded", id, vectors: [], engine: "wasm" },
    ];
    const pool = new ThreadPool(2, choice);
    await Promise.all([pool.embed(["a"], signal), pool.embed(["b"], signal)]);
    await new ThreadPool(1, choice).embed(["c"], signal);
    expect(FakeWorker.started).toHaveLength(3);
    expect(warn.mock.calls).toEqual([
      [
        `${problem}. The local model runs on WebAssembly instead, several times slower: install a version that has ` +
          'binaries for this machine (npm install onnxruntime-node), or set engine: "wasm"',
        { type: "LocalEmbedding", code: "LLX_LOCAL_ENGINE" },
      ],
    ]);
  });

  it("fails with what a thread says, and whether another attempt makes sense", async () => {
    FakeWorker.respond = ({ id }) => [{ kind: "failed", id, message: problem, retryable: false }];
    const pool = new ThreadPool(1, choice);
    await expect(pool.embed(["a"], signal)).rejects.toMatchObject({
      message: `the local embedding model failed: ${problem}`,
      retryable: false,
    });
  });
});
