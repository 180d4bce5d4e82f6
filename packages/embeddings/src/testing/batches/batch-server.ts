import { Buffer } from "node:buffer";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { type AsyncClosable, Closing } from "@llx/async";
import { checkNames, type NamesOf } from "@llx/support";
import type { FakeReply, FakeRequest } from "../fake-service.ts";
import { sendReply } from "../send-reply.ts";
import type { BatchOperation, FakeBatchRequest, FakeBatchService, FakeUpload } from "./fake-batch-service.ts";
import { BatchStore, type FakeBatchHooks } from "./batch-store.ts";
import type { FakeBatchTimes, StoredFile } from "./fake-batch-store.ts";
import { readForm } from "./read-form.ts";

/** Options of a server of batches. Times are milliseconds of its virtual clock, which only moves as it is told to. */
export interface BatchServerOptions extends Partial<FakeBatchTimes> {
  /**
   * Of the vectors, as for `fakeVector`.
   *
   * @default 0
   */
  readonly seed?: number | undefined;
  /**
   * Milliseconds by which the clock moves with each request for the status of a batch, before the response.
   *
   * @default 0
   */
  readonly perPoll?: number | undefined;
}

const names: NamesOf<BatchServerOptions> = {
  seed: true,
  perPoll: true,
  validating: true,
  finalizing: true,
  cancelling: true,
  textsPerSecond: true,
};

/** A fault of one request. */
export type BatchFault =
  /** The service refuses, and does nothing; `wait` as for `FakeService.refuse`. */
  | { readonly kind: "status"; readonly status: number; readonly message?: string; readonly wait?: number }
  /** The service does what it is asked to, and the connection is reset before its response. */
  | { readonly kind: "lost" }
  /** The connection ends after this many bytes of the file. */
  | { readonly kind: "cut"; readonly bytes: number }
  /** Nothing is done, and nothing arrives. */
  | { readonly kind: "silent" }
  /** Another body with status 200. */
  | { readonly kind: "body"; readonly body: unknown };

/** What has happened at the service: for tests of what must happen once. */
export interface BatchCounts {
  /** How often an input of each name was uploaded. */
  readonly uploads: Readonly<Record<string, number>>;
  /** How many batches of each name there are. */
  readonly batches: Readonly<Record<string, number>>;
  /** Names of inputs that are stored and belong to no batch. */
  readonly orphans: readonly string[];
  /** Files that are stored, results included. */
  readonly files: number;
  /** Requests of each operation. */
  readonly requests: Readonly<Partial<Record<BatchOperation | "embed", number>>>;
  /** Texts of all batches that were embedded. */
  readonly embedded: number;
}

/** A service of batches on this machine, also for other processes: see `startBatchServer`. */
export interface BatchServer extends AsyncClosable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Milliseconds of the virtual clock. */
  readonly now: number;
  /** What its batches respond with from now on; by default, what they should. */
  hooks: FakeBatchHooks;
  readonly counts: BatchCounts;
  /** Moves the clock. */
  advance(milliseconds: number): void;
  /** Changes how many texts are embedded per second, also of batches that have begun. */
  slow(textsPerSecond: number): void;
  /** Plans one fault for each of the next requests of an operation. */
  plan(operation: BatchOperation, ...faults: readonly BatchFault[]): void;
  /** Forgets a batch and its results, as a service does after some weeks. */
  forget(batch: string): void;
  /** Stops the server, and deletes its files. */
  aclose(): Promise<void>;
}

/**
 * Starts a service of batches on 127.0.0.1. Time passes only with `advance`, and with each poll by `perPoll`. Inputs are in a
 * temporary directory, results are computed while they are read: a million texts take no memory.
 *
 * From another process, `POST /fake/advance?ms=1000` moves the clock, and `GET /fake/counts` reads the counts.
 *
 * @example
 * ```ts
 * await using server = await startBatchServer(fake);
 * const batch = await batches.submit(input);
 * server.advance(24 * 3_600_000);
 * console.log((await batches.status(batch)).state); // done
 * ```
 */
export async function startBatchServer(
  service: FakeBatchService,
  options: BatchServerOptions = {},
): Promise<BatchServer> {
  checkNames(options, names);
  const folder = await mkdtemp(join(tmpdir(), "llx-batches-"));
  const server = new Server(service, folder, options);
  await server.listen();
  return server;
}

const minute = 60_000;

class Server implements BatchServer {
  readonly #service: FakeBatchService;
  readonly #store: BatchStore;
  readonly #perPoll: number;
  readonly #faults = new Map<BatchOperation, BatchFault[]>();
  readonly #requests: Partial<Record<BatchOperation | "embed", number>> = {};
  #uploads = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #closing: Closing;

  constructor(
    service: FakeBatchService,
    folder: string,
    {
      seed = 0,
      perPoll = 0,
      validating = minute,
      finalizing = minute,
      cancelling = minute,
      textsPerSecond = 1_000,
    }: BatchServerOptions,
  ) {
    this.#service = service;
    this.#store = new BatchStore(service, folder, seed, {
      validating,
      finalizing,
      cancelling,
      textsPerSecond,
    });
    this.#perPoll = perPoll;
    this.#closing = new Closing("the batch server", async () => {
      await new Promise<void>((resolve) => {
        this.#server.close(() => resolve());
        this.#server.closeAllConnections();
      });
      await rm(folder, { recursive: true, force: true });
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
  }

  get url(): string {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw new Error("the batch server is closed; start another");
    return `http://127.0.0.1:${address.port}`;
  }

  get now(): number {
    return this.#store.now;
  }

  get hooks(): FakeBatchHooks {
    return this.#store.hooks;
  }

  set hooks(hooks: FakeBatchHooks) {
    this.#store.hooks = hooks;
  }

  get counts(): BatchCounts {
    const { files, batches, uploads } = this.#store;
    const used = new Set(batches.map((batch) => batch.input.id));
    return {
      uploads: countsOf(uploads),
      batches: countsOf(batches.map((batch) => this.#service.nameOf(batch.metadata) ?? batch.id)),
      orphans: files.filter((file) => "path" in file.content && !used.has(file.id)).map((file) => file.name),
      files: files.length,
      requests: { ...this.#requests },
      embedded: batches.reduce((sum, batch) => sum + this.#store.view(batch).completed, 0),
    };
  }

  get closed(): boolean {
    return this.#closing.closed;
  }

  aclose(): Promise<void> {
    return this.#closing.aclose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  advance(milliseconds: number): void {
    this.#store.now += milliseconds;
  }

  slow(textsPerSecond: number): void {
    this.#store.times = { ...this.#store.times, textsPerSecond };
  }

  plan(operation: BatchOperation, ...faults: readonly BatchFault[]): void {
    this.#faults.set(operation, [...(this.#faults.get(operation) ?? []), ...faults]);
  }

  forget(batch: string): void {
    this.#store.forget(batch);
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that goes away destroys both.
    incoming.on("error", () => {});
    response.on("error", () => {});
    try {
      await this.#answer(incoming, response);
    } catch (error) {
      if (incoming.destroyed && !incoming.complete) return;
      sendReply(
        response,
        { status: 500, body: `the fake service threw ${String(error)}` },
        undefined,
        () => {},
      );
    }
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "" } = incoming;
    const headers = incoming.headers as FakeRequest["headers"];
    const url = new URL(path, "http://localhost");
    const head = { method, path: url.pathname, headers, query: url.searchParams };
    const send = (reply: FakeReply): void => sendReply(response, reply, undefined, () => {});
    const control = this.#control(head);
    if (control !== undefined) return send(control);
    if (url.pathname === this.#service.livePath) return this.#embed(incoming, head, send);
    const operation = this.#service.operationOf(head);
    const { live } = this.#service;
    const refusal = this.#refusalOf(head, operation);
    if (refusal !== undefined || operation === undefined) {
      incoming.resume();
      return send(refusal ?? live.refuse(404, `there is nothing at ${method} ${path}`));
    }
    this.#count(operation);
    const fault = this.#faults.get(operation)?.shift();
    if (fault?.kind === "silent") return void incoming.resume();
    if (fault?.kind === "status") {
      incoming.resume();
      return send(live.refuse(fault.status, fault.message ?? `planned status ${fault.status}`, fault.wait));
    }
    if (operation === "status") this.advance(this.#perPoll);
    const read = await this.#read(incoming, operation);
    if ("refusal" in read) return send(read.refusal);
    const reply = await this.#service.respond({ ...head, body: read.body }, this.#store, read.upload);
    if (fault?.kind === "lost") return void response.socket?.resetAndDestroy();
    if (fault?.kind === "body") return send({ status: 200, body: fault.body });
    if ("status" in reply) return send(reply);
    await this.#sendFile(reply, response, fault?.kind === "cut" ? fault.bytes : Infinity);
  }

  #control({ method, path, query }: Omit<FakeBatchRequest, "body">): FakeReply | undefined {
    if (method === "POST" && path === "/fake/advance") {
      this.advance(Number(query.get("ms")));
      return { status: 200, body: { now: this.now } };
    }
    return method === "GET" && path === "/fake/counts" ? { status: 200, body: this.counts } : undefined;
  }

  /** The live service at the same address. */
  async #embed(
    incoming: IncomingMessage,
    head: Omit<FakeRequest, "body">,
    send: (reply: FakeReply) => void,
  ): Promise<void> {
    this.#count("embed");
    const text = await readText(incoming);
    send(this.#store.embed({ ...head, body: JSON.parse(text) as unknown, text }));
  }

  #refusalOf(
    { headers }: Pick<FakeRequest, "headers">,
    operation: BatchOperation | undefined,
  ): FakeReply | undefined {
    const { keyHeaders, live, limits } = this.#service;
    if (Object.entries(keyHeaders).some(([name, value]) => headers[name] !== value)) {
      return live.refuse(401, "the API key is not valid");
    }
    // The form around the file is small.
    const bytes = Number(headers["content-length"] ?? 0);
    if (operation === "upload" && bytes > limits.bytes + 10_000)
      return live.refuse(400, "File is too large.");
    return undefined;
  }

  async #read(
    incoming: IncomingMessage,
    operation: BatchOperation,
  ): Promise<
    { readonly body: unknown; readonly upload: FakeUpload | undefined } | { readonly refusal: FakeReply }
  > {
    if (operation === "upload") {
      this.#uploads++;
      const path = this.#store.pathOfUpload(this.#uploads);
      try {
        const upload = await readForm(incoming, incoming.headers["content-type"], path);
        return { body: undefined, upload };
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        return { refusal: this.#service.live.refuse(400, error.message) };
      }
    }
    const text = await readText(incoming);
    try {
      return { body: text === "" ? undefined : (JSON.parse(text) as unknown), upload: undefined };
    } catch {
      return { refusal: this.#service.live.refuse(400, "the body is not JSON") };
    }
  }

  async #sendFile(file: StoredFile, response: ServerResponse, most: number): Promise<void> {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    let sent = 0;
    let piece = "";
    const flush = async (): Promise<boolean> => {
      const bytes = Buffer.from(piece).subarray(0, most - sent);
      piece = "";
      sent += bytes.length;
      const isCut = sent >= most;
      if (isCut) response.write(bytes, () => void response.socket?.end());
      else if (!response.write(bytes)) await drained(response);
      return !response.destroyed && !isCut;
    };
    for await (const line of this.#store.linesOf(file)) {
      piece += line;
      if (piece.length >= 2 ** 16 && !(await flush())) return;
    }
    if (piece !== "" && !(await flush())) return;
    response.end();
  }

  #count(operation: BatchOperation | "embed"): void {
    this.#requests[operation] = (this.#requests[operation] ?? 0) + 1;
  }
}

/** Until more may be written, or nobody reads it. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

function countsOf(list: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of list) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
