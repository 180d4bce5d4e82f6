import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { type AsyncClosable, Closing } from "@llx/async";
import { checkNames, type NamesOf } from "@llx/support";
import { applyFault, applyRerankFault } from "./apply-fault.ts";
import {
  type FakeAsk,
  type FakeReply,
  type FakeRequest,
  type FakeRerankAsk,
  type FakeService,
  isReply,
} from "./fake-service.ts";
import type { PlannedFault } from "./fault.ts";
import { sendReply } from "./send-reply.ts";

/** Options of the server. */
export interface EmbeddingServerOptions {
  /**
   * Of the vectors and scores, as for `fakeVector` and `fakeScore`.
   *
   * @default 0
   */
  readonly seed?: number | undefined;
}

const names: NamesOf<EmbeddingServerOptions> = { seed: true };

/** A request that has reached the server. */
export interface ServedRequest extends FakeRequest {
  /** What it asks to embed; `undefined` if the service refuses it, or if it is for a reranker. */
  readonly ask: FakeAsk | undefined;
  /** What it asks to rank; `undefined` if the service refuses it, or if it is for an embedding model. */
  readonly rerankAsk: FakeRerankAsk | undefined;
  /** Why the service refuses it, in its own form. */
  readonly refusal: FakeReply | undefined;
  /** When it arrived, by `performance.now()`. */
  readonly at: number;
}

/** A service on this machine that can respond with faults. */
export interface EmbeddingServer extends AsyncClosable {
  /** Such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** All requests so far, in order of arrival. */
  readonly requests: readonly ServedRequest[];
  /** The highest number of requests in flight at once. */
  readonly mostAtOnce: number;
  /** Requests whose connection the client closed before the response. */
  readonly abandoned: number;
  /** Connections that are open now. */
  readonly connections: number;
  /**
   * Plans one fault for each of the next requests; after them, responses are valid again. A request that the service
   * itself refuses is still refused.
   */
  plan(...faults: readonly PlannedFault[]): void;
  /** Waits until the condition holds. It is checked again whenever a request arrives or ends. */
  until(condition: () => boolean): Promise<void>;
  /** Stops the server, and destroys open connections. */
  aclose(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 that checks requests as the service does, and responds with the vectors of
 * `fakeVectorOf`, or with the scores of `fakeScore`.
 *
 * @example
 * ```ts
 * await using server = await startEmbeddingServer(service);
 * server.plan({ kind: "status", status: 503 }, "none");
 * await model.getTextEmbedding("a text"); // two attempts
 * ```
 */
export async function startEmbeddingServer(
  service: FakeService,
  options: EmbeddingServerOptions = {},
): Promise<EmbeddingServer> {
  checkNames(options, names);
  const server = new FaultyServer(service, options.seed ?? 0);
  await server.listen();
  return server;
}

class FaultyServer implements EmbeddingServer {
  readonly requests: ServedRequest[] = [];
  mostAtOnce = 0;
  abandoned = 0;
  connections = 0;
  readonly #service: FakeService;
  readonly #seed: number;
  readonly #plan: PlannedFault[] = [];
  readonly #watchers = new Set<() => void>();
  #inFlight = 0;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #closing = new Closing("the embedding server", async () => {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  });

  constructor(service: FakeService, seed: number) {
    this.#service = service;
    this.#seed = seed;
    // Only a client closes a connection: so it shows which ones do not.
    this.#server.keepAliveTimeout = 0;
    this.#server.on("connection", (socket) => {
      this.connections++;
      socket.once("close", () => {
        this.connections--;
        this.#changed();
      });
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, "127.0.0.1", () => resolve());
    });
  }

  get url(): string {
    const address = this.#server.address() as AddressInfo | null;
    if (address === null) throw new Error("the embedding server is closed; start another");
    return `http://127.0.0.1:${address.port}`;
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

  plan(...faults: readonly PlannedFault[]): void {
    for (const fault of faults) {
      this.#plan.push(fault);
      // It may never be awaited.
      if (typeof fault === "object" && fault.kind === "held") fault.until.then(undefined, () => {});
    }
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    let inFlight = true;
    const leave = (): void => {
      if (inFlight) this.#inFlight--;
      inFlight = false;
    };
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#inFlight);
    response.once("close", () => {
      if (inFlight) this.abandoned++;
      leave();
      this.#changed();
    });
    let request: FakeRequest;
    try {
      request = await readRequest(incoming);
    } catch {
      return; // The client has disconnected.
    }
    const read = this.#read(request);
    const { ask, rerankAsk, refusal } = read;
    this.requests.push({ ...request, ask, rerankAsk, refusal, at: performance.now() });
    const fault = this.#plan.shift();
    this.#changed();
    if (refusal !== undefined) return sendReply(response, refusal, undefined, leave);
    await pause(fault);
    if (response.destroyed) return;
    sendReply(
      response,
      guarded(() => read.answer(fault)),
      fault,
      leave,
    );
  }

  /** What a request asks for, and how it is answered. */
  #read(
    request: FakeRequest,
  ): Pick<ServedRequest, "ask" | "rerankAsk" | "refusal"> & { answer(fault: PlannedFault): FakeReply } {
    const service = this.#service;
    const seed = this.#seed;
    const none = { ask: undefined, rerankAsk: undefined, refusal: undefined };
    const { rerank } = service;
    if (rerank !== undefined && request.path.replace(/\?.*$/s, "") === rerank.path) {
      const ask = guarded(() => rerank.read(request));
      if (isReply(ask)) return { ...none, refusal: ask, answer: () => ask };
      const answer = (fault: PlannedFault): FakeReply =>
        applyRerankFault({ service, request, ask, fault, seed });
      return { ...none, rerankAsk: ask, answer };
    }
    const ask = guarded(() => service.read(request));
    if (isReply(ask)) return { ...none, refusal: ask, answer: () => ask };
    return { ...none, ask, answer: (fault) => applyFault({ service, request, ask, fault, seed }) };
  }
}

/** A service that throws has a bug, which its author sees in the response. */
function guarded<T>(answer: () => T): T | FakeReply {
  try {
    return answer();
  } catch (error) {
    return { status: 500, body: `the fake service threw ${String(error)}` };
  }
}

async function readRequest(incoming: IncomingMessage): Promise<FakeRequest> {
  const text = await readText(incoming);
  const headers = incoming.headers as FakeRequest["headers"];
  const { method = "", url: path = "" } = incoming;
  try {
    return { method, path, headers, body: JSON.parse(text) as unknown, text };
  } catch {
    return { method, path, headers, body: undefined, text };
  }
}

async function pause(fault: PlannedFault): Promise<void> {
  if (typeof fault !== "object") return;
  if (fault.kind === "delay") await new Promise((resolve) => setTimeout(resolve, fault.ms));
  if (fault.kind === "held") await Promise.allSettled([fault.until]);
}
