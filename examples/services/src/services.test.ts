import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { asyncRun, RefusedError } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import {
  type EmbeddingServer,
  fakeEmbedding,
  fakeVector,
  type PlannedFault,
  startEmbeddingServer,
} from "@llx/embeddings/testing";
import { openaiEmbedding } from "@llx/embeddings-openai";
import { fakeOpenai } from "@llx/embeddings-openai/testing";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { serveFastify } from "./fastify.ts";
import { serveHono } from "./hono.ts";
import { closeSearch } from "./next/instance.ts";
import { register } from "./next/instrumentation.ts";
import { GET } from "./next/app/api/search/route.ts";
import { serveNode } from "./node-http.ts";
import { failureReply } from "./reply.ts";
import { Search } from "./search.ts";
import { main, report } from "./service.ts";

/** The service that the model asks: a real one on this machine, so that an abandoned request is seen. */
let upstream: EmbeddingServer;
let debug: DebugHandler;
let manager: CallbackManager;

beforeEach(async () => {
  upstream = await startEmbeddingServer(fakeOpenai({ dimensions: 8 }));
  onTestFinished(() => upstream.aclose());
  debug = new DebugHandler();
  manager = new CallbackManager({ handlers: [debug] });
});

function openSearch(): Promise<Search> {
  const model = openaiEmbedding({
    apiKey: "fake-key-of-openai",
    baseUrl: `${upstream.url}/v1`,
    callbackManager: manager,
  });
  return Search.open(model, manager);
}

/** Serves until `stop`; what it has opened is then closed, in the order of the events. */
async function start(serve: typeof serveNode) {
  const events: string[] = [];
  const { promise: url, resolve } = Promise.withResolvers<string>();
  const stopping = new AbortController();
  const run = asyncRun(
    async (context) => {
      context.defer(() => events.push("the model is closed"));
      const search = context.own(await openSearch());
      resolve(await serve(context, search));
      await new Promise((stopped) => context.signal.addEventListener("abort", stopped));
    },
    { signal: stopping.signal, handleSignals: false },
  );
  const ended = run.catch((error: unknown) => error);
  const failed = run.then(() => Promise.reject(new Error("the run has ended before it served")));
  onTestFinished(async () => {
    stopping.abort();
    await ended;
  });
  return { url: `${await Promise.race([url, failed])}/search`, events, stop: () => stopping.abort(), ended };
}

const moon = "The moon makes the tides.";
const ask = (url: string, options?: RequestInit): Promise<Response> =>
  fetch(`${url}?q=${encodeURIComponent(moon)}`, options);
const jsonHeaders = { "content-type": "application/json" };
const embedUrl = (url: string): string => url.replace("/search", "/embed");
const post = (url: string, body: string): Promise<Response> =>
  fetch(embedUrl(url), { method: "POST", headers: jsonHeaders, body });

/** Of each request that has ended: its route, whether it has failed, and its status. */
const requests = (): unknown[] =>
  debug
    .getEventPairs("request")
    .map(([started, ended]) => [started.payload.route, ended.status, ended.endPayload.status]);

describe.each([
  ["node:http", serveNode],
  ["Fastify", serveFastify],
  ["Hono", serveHono],
] as const)("the service with %s", (framework, serve) => {
  it("answers, in the trace of its client", async () => {
    const { url } = await start(serve);
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const response = await ask(url, { headers: { traceparent } });
    expect([response.status, await response.json()]).toEqual([200, { passage: moon }]);
    const [asked] = debug.getEventPairs("request")[0]!;
    expect(asked).toMatchObject({
      traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
      parentId: "00f067aa0ba902b7",
    });
    const [call] = debug.getEventPairs("embed_texts").at(-1)!;
    expect(call.parentId).toBe(asked.id);
  });

  it("says what is missing, and when the model fails", async () => {
    const { url } = await start(serve);
    const empty = await fetch(`${url}?q=%20`);
    expect([empty.status, await empty.json()]).toEqual([400, { error: "ask with ?q=…" }]);
    expect(requests()).toEqual([["/search", "ok", 400]]);
    upstream.plan({ kind: "status", status: 401 });
    const failed = await ask(url);
    expect([failed.status, await failed.json()]).toEqual([503, { error: "the service is not available" }]);
    expect(debug.getEventPairs("request").at(-1)![1].status).toBe("error");
  });

  it.each<[string, PlannedFault, number, string, string?]>([
    ["rejects the text", { kind: "status", status: 400 }, 400, "the text is not accepted"],
    ["cannot process the text", { kind: "status", status: 422 }, 400, "the text is not accepted"],
    ["rejects the text as too large", { kind: "status", status: 413 }, 413, "the text is too long"],
    [
      "is over its rate limit",
      { kind: "status", status: 429, headers: { "retry-after": "90" } },
      503,
      "the service is not available",
      "90",
    ],
    ["rejects the key", { kind: "status", status: 403 }, 503, "the service is not available"],
  ])("when the model's service %s, tells its client", async (_what, fault, status, error, wait) => {
    const { url } = await start(serve);
    upstream.plan(fault);
    const response = await post(url, JSON.stringify({ text: moon }));
    expect([response.status, await response.json()]).toEqual([status, { error }]);
    expect(response.headers.get("retry-after")).toBe(wait ?? null);
  });

  it("says what is wrong with a text that the model does not send", async () => {
    const { url } = await start(serve);
    const response = await post(url, '{"text":"half of a pair: \\ud83d"}');
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
      400,
      expect.stringMatching(/^the text contains one half of a surrogate pair/),
    ]);
    expect(upstream.requests.length).toBe(1);
  });

  it("replies to a body that is too large, and to the next request", async () => {
    const { url } = await start(serve);
    const body = JSON.stringify({ text: "a ".repeat(1_000_000) });
    expect((await post(url, body)).status).toBe(413);
    expect((await post(url, JSON.stringify({ text: moon }))).status).toBe(200);
  });

  it("embeds the text of a body in JSON, as an array of JSON", async () => {
    const { url } = await start(serve);
    const response = await post(url, JSON.stringify({ text: moon }));
    expect(response.status).toBe(200);
    const vector = Array.from(fakeVector(moon, 8));
    expect(await response.json()).toEqual({ vector });
    const [asked] = debug.getEventPairs("request")[0]!;
    expect(asked.payload).toMatchObject({ route: "/embed" });
  });

  it.each(["", "{", "[]", "null", '{"text":7}', '{"text":" "}', '"text"'])(
    "says that a body of %j is not one",
    async (body) => {
      const { url } = await start(serve);
      expect((await post(url, body)).status).toBe(400);
      // What is no JSON does not come through Fastify.
      const passed = framework !== "Fastify" || !["", "{"].includes(body);
      expect(requests()).toEqual(passed ? [["/embed", "ok", 400]] : []);
      expect(upstream.requests.length).toBe(1);
    },
  );

  it.each([
    ["GET", (url: string) => request(`${url}?q=tides`)],
    ["POST", (url: string) => request(embedUrl(url), { method: "POST", headers: jsonHeaders })],
  ] as const)("aborts the model's request when the client of a %s disconnects", async (method, open) => {
    const { url } = await start(serve);
    upstream.plan({ kind: "held", until: new Promise(() => {}) });
    const client = open(url).on("error", () => {});
    client.end(method === "POST" ? JSON.stringify({ text: moon }) : undefined);
    await upstream.until(() => upstream.requests.length === 2);
    expect(upstream.abandoned).toBe(0);
    client.destroy();
    await upstream.until(() => upstream.abandoned === 1);
    await vi.waitFor(() => expect(debug.getEventPairs("request").at(-1)![1].status).toBe("aborted"));
  });

  it("answers what is in flight before it closes its model", async () => {
    const { url, events, stop, ended } = await start(serve);
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    upstream.plan({ kind: "held", until });
    const answered = ask(url);
    await upstream.until(() => upstream.requests.length === 2);
    stop();
    for (let turn = 0; turn < 5; turn++) await setImmediate();
    expect(events).toEqual([]);
    release();
    const { status, headers } = await answered;
    expect([status, headers.get("connection")]).toEqual([200, "close"]);
    expect(String(await ended)).toContain("AbortError");
    expect(events).toEqual(["the model is closed"]);
    await expect(ask(url)).rejects.toThrow("fetch failed");
  });
});

it("node:http: a request for something else, or for no URL, is answered and harms nothing", async () => {
  const { url } = await start(serveNode);
  const statusOf = async (path: string): Promise<number | undefined> => {
    const client = request(new URL(url), { path }).end();
    const [{ statusCode }] = (await once(client, "response")) as [IncomingMessage];
    return statusCode;
  };
  expect(await statusOf("/other")).toBe(404);
  expect(await statusOf("//")).toBe(404);
  expect((await ask(url)).status).toBe(200);
  expect((await post(url, "a".repeat(1_000_001))).status).toBe(413);
  expect(requests()).toEqual([
    ["none", "ok", 404],
    ["none", "ok", 404],
    ["/search", "ok", 200],
    ["none", "ok", 413],
  ]);
});

describe("the program", () => {
  it.each([
    ["node:http", serveNode],
    ["Fastify", serveFastify],
    ["Hono", serveHono],
  ] as const)("says in one line that its port is taken, with %s", async (_, serve) => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    vi.stubEnv("PORT", String(port));
    vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const exit = vi.spyOn(process, "exit").mockReturnValue(undefined as never);
    const print = vi.spyOn(console, "error").mockReturnValue();
    await asyncRun((context) => main(context, serve), { handleSignals: false }).catch(report);
    const line = new RegExp(`^the service cannot start: listen EADDRINUSE.* 127\\.0\\.0\\.1:${port}$`);
    expect(print.mock.calls).toEqual([[expect.stringMatching(line)]]);
    expect(exit.mock.calls).toEqual([[1]]);
  });

  it("leaves what comes after a signal to the run", () => {
    const before = process.exitCode;
    onTestFinished(() => void (process.exitCode = before));
    process.exitCode = 143;
    const cut = new Error("requests were cut");
    expect(() => report(cut)).toThrow(cut);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
});

describe("Search", () => {
  afterEach(() => vi.useRealTimers());

  it("ends while it starts, when its signal is aborted", async () => {
    const model = fakeEmbedding({ respond: () => new Promise(() => {}) });
    const controller = new AbortController();
    const search = Search.open(model, manager, controller.signal);
    await setImmediate();
    controller.abort(new Error("SIGTERM"));
    await expect(search).rejects.toThrow("SIGTERM");
  });

  it("replies within 20 s, whatever its model does", async () => {
    vi.useFakeTimers();
    const model = fakeEmbedding({
      respond: ({ inputType }) => (inputType === "query" ? new Promise(() => {}) : undefined),
    });
    const search = await Search.open(model, manager);
    const { signal } = new AbortController();
    const replied = vi.fn();
    const reply = search.reply({ headers: {}, signal, question: "tides" }).finally(replied);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(replied).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await reply).toEqual({
      status: 503,
      body: { error: "the service is not available" },
      headers: {},
    });
  });
});

it("refuses at once what its clients would not wait for", async () => {
  const answers: (() => void)[] = [];
  const model = fakeEmbedding({
    workers: 1,
    respond: ({ inputType }) =>
      inputType === "query"
        ? new Promise<undefined>((resolve) => answers.push(() => resolve(undefined)))
        : undefined,
  });
  const search = await Search.open(model, manager);
  const leaving = new AbortController();
  const reply = ({ signal } = new AbortController()) =>
    search.reply({ headers: {}, signal, question: "tides" });
  const left = reply(leaving);
  const others = Array.from({ length: 63 }, () => reply());
  const busy = { status: 503, headers: { "retry-after": "1" } };
  expect(await reply()).toMatchObject(busy);
  expect(await search.embed({ headers: {}, signal: leaving.signal, json: { text: "a" } })).toMatchObject(
    busy,
  );
  // What asks no model has its place.
  expect(await search.reply({ headers: {}, signal: leaving.signal, question: "" })).toMatchObject({
    status: 400,
  });
  leaving.abort();
  expect(await left).toMatchObject({ status: 499 });
  others.push(reply());
  while (answers.length < 65) {
    // oxlint-disable-next-line no-await-in-loop -- one at a time is sent
    await setImmediate();
    answers.at(-1)?.();
  }
  expect((await Promise.all(others)).map(({ status }) => status)).toEqual(Array(64).fill(200));
});

describe("failureReply", () => {
  it("says when to try again, if the service has refused for too long", () => {
    const refusal = Object.assign(new Error("busy"), { status: 429, retryAfter: 1_200 });
    const { status, headers } = failureReply(new RefusedError(600_000, 600_000, refusal));
    expect([status, headers]).toEqual([503, { "retry-after": "2" }]);
  });

  it("says of several texts what it says of one", async () => {
    await using embedder = fakeEmbedding({
      retry: { attempts: 1 },
      respond({ texts }) {
        if (texts.includes("refused"))
          throw Object.assign(new Error("no"), { status: 400, retryable: false });
        throw Object.assign(new Error("busy"), { status: 429, retryAfter: 1_200 });
      },
    });
    const replyTo = (texts: string[]) => embedder.getTextEmbeddingBatch(texts).catch(failureReply);
    const refused = { status: 400, body: { error: "the text is not accepted" } };
    expect(await replyTo(["refused"])).toEqual(refused);
    expect(await replyTo(["any", "other"])).toMatchObject({ status: 503, headers: { "retry-after": "2" } });
    expect(await replyTo(["\ud800"])).toMatchObject({ status: 400 });
  });

  it.each([undefined, null, "broken", new TypeError("broken")])("takes %o for a failure", (error) => {
    expect(failureReply(error)).toMatchObject({ status: 503, headers: {} });
  });
});

/** Holds the stand-in for a model, for the module that opens its own. */
const held = vi.hoisted(() => ({ asked: 0, isDown: false, until: Promise.resolve() }));
vi.mock("./open-model.ts", () => ({
  openModel: () =>
    fakeEmbedding({
      retry: { attempts: 1 },
      respond({ inputType }) {
        if (held.isDown) throw new Error("the model is down");
        if (inputType !== "query") return undefined;
        held.asked++;
        return held.until;
      },
    }),
}));

describe("the route handler of Next.js", () => {
  let release: () => void;

  beforeEach(() => {
    const { promise: until, resolve } = Promise.withResolvers<void>();
    Object.assign(held, { asked: 0, isDown: false, until });
    release = resolve;
    vi.stubEnv("NEXT_RUNTIME", "nodejs");
    vi.stubGlobal("exampleSearch", undefined);
    const others = process.listeners("SIGTERM");
    onTestFinished(async () => {
      for (const listener of process.listeners("SIGTERM")) {
        if (!others.includes(listener)) process.removeListener("SIGTERM", listener);
      }
      release();
      await closeSearch();
      vi.unstubAllEnvs();
      vi.unstubAllGlobals();
    });
  });

  const address = `http://localhost/api/search?q=${encodeURIComponent(moon)}`;

  it("stops when the client disconnects", async () => {
    const client = new AbortController();
    const left = GET(new Request(address, { signal: client.signal }));
    await vi.waitFor(() => expect(held.asked).toBe(1));
    client.abort();
    expect((await left).status).toBe(499);
  });

  it("closes the model on SIGTERM, after the calls that run", async () => {
    register();
    const running = GET(new Request(address));
    await vi.waitFor(() => expect(held.asked).toBe(1));
    process.listeners("SIGTERM").at(-1)!("SIGTERM");
    release();
    const response = await running;
    expect([response.status, await response.json()]).toEqual([200, { passage: moon }]);
    expect((await GET(new Request(address))).status).toBe(503);
  });

  it("opens the model again after that has failed", async () => {
    held.isDown = true;
    await expect(GET(new Request(address))).rejects.toThrow("the model is down");
    held.isDown = false;
    release();
    expect((await GET(new Request(address))).status).toBe(200);
  });

  it("leaves SIGTERM alone in the edge runtime", () => {
    vi.stubEnv("NEXT_RUNTIME", "edge");
    const before = process.listenerCount("SIGTERM");
    register();
    expect(process.listenerCount("SIGTERM")).toBe(before);
  });
});
