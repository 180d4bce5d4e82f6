import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { type EmbeddingServer, startEmbeddingServer } from "./embedding-server.ts";
import type { FakeService } from "./fake-service.ts";
import { fakeVector } from "./fake-vector.ts";
import type { Fault } from "./fault.ts";

/** Accepts `{ texts }` with the right key. */
const service: FakeService = {
  apiKey: "the-key-of-the-service",
  read: ({ headers, body }) =>
    headers["x-key"] === "the-key-of-the-service"
      ? { ...(body as { texts: string[] }), dimensions: 2, elementType: "float", encoding: "json" }
      : { status: 401, body: { message: "wrong key" } },
  answer: (items) => ({ status: 200, body: { vectors: items.map(({ embedding }) => embedding) } }),
  refuse: (status, message) => ({ status, body: { message } }),
};

function post(server: EmbeddingServer, texts: readonly string[], init: RequestInit = {}): Promise<Response> {
  return fetch(`${server.url}/embed?x=1`, {
    method: "POST",
    headers: { "x-key": service.apiKey },
    body: JSON.stringify({ texts }),
    ...init,
  });
}

const right = (text: string) => ({ vectors: [Array.from(fakeVector(text, 2))] });

/** The outcome of a request with this fault: a status and text, or the failure to get them. */
async function outcome(fault: Fault): Promise<[number, string] | "no headers" | "no body"> {
  await using server = await startEmbeddingServer(service);
  server.plan(fault);
  let response: Response;
  try {
    response = await post(server, ["a"]);
  } catch {
    return "no headers";
  }
  try {
    return [response.status, await response.text()];
  } catch {
    return "no body";
  }
}

describe("an embedding server", () => {
  it("responds with fake vectors, and records each request", async () => {
    await using server = await startEmbeddingServer(service);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await post(server, ["a"])).json()).toEqual(right("a"));
    expect(server.requests).toMatchObject([
      {
        method: "POST",
        path: "/embed?x=1",
        headers: { "x-key": service.apiKey },
        body: { texts: ["a"] },
        ask: { texts: ["a"], dimensions: 2 },
        refusal: undefined,
      },
    ]);
    await using seeded = await startEmbeddingServer(service, { seed: 5 });
    const { vectors } = (await (await post(seeded, ["a"])).json()) as { vectors: number[][] };
    expect(vectors).toEqual([Array.from(fakeVector("a", 2, 5))]);
  });

  it("refuses what the service refuses, even if a fault is planned", async () => {
    await using server = await startEmbeddingServer(service);
    server.plan({ kind: "reset" });
    const response = await post(server, ["a"], { headers: {} });
    expect([response.status, await response.json()]).toEqual([401, { message: "wrong key" }]);
    expect(server.requests[0]).toMatchObject({ ask: undefined, refusal: { status: 401 } });
    expect(await (await post(server, ["a"])).json()).toEqual(right("a"));
  });

  it("reports an error of the service, and reads a body that is not JSON as undefined", async () => {
    await using server = await startEmbeddingServer(service);
    await post(server, [], { body: "{", headers: {} });
    expect(server.requests[0]).toMatchObject({ body: undefined, text: "{", refusal: { status: 401 } });
    const broken = { ...service, read: () => JSON.parse("{") as never };
    await using other = await startEmbeddingServer(broken);
    await using unable = await startEmbeddingServer({ ...service, answer: broken.read });
    for (const each of [other, unable]) {
      const answer = await post(each, ["a"]);
      expect([answer.status, await answer.text()]).toEqual([500, expect.stringContaining("SyntaxError")]);
    }
  });

  it("gives each request the next fault, and valid responses after them", async () => {
    await using server = await startEmbeddingServer(service);
    server.plan({ kind: "status", status: 503 }, undefined, "none", { kind: "status", status: 400 });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await post(server, ["a"])).status);
    expect(statuses).toEqual([503, 200, 200, 400, 200]);
  });

  it("breaks connections and responses as planned", async () => {
    const whole = JSON.stringify(right("a"));
    const half = whole.slice(0, Math.floor(whole.length / 2));
    expect(await outcome({ kind: "reset" })).toBe("no headers");
    expect(await outcome({ kind: "reset", when: "body" })).toMatch(/^no/);
    expect(await outcome({ kind: "truncated" })).toBe("no body");
    expect(await outcome({ kind: "truncated", how: "json" })).toEqual([200, half]);
    expect(await outcome({ kind: "delay", ms: 1 })).toEqual([200, whole]);
    const rejected = Promise.reject(new Error("over"));
    rejected.catch(() => {});
    expect(await outcome({ kind: "held", until: rejected })).toEqual([200, whole]);
    expect(await outcome({ kind: "empty" })).toEqual([200, ""]);
    const page = await outcome({ kind: "html", status: 502 });
    expect(page).toEqual([502, expect.stringMatching(/^<html>/)]);
  });

  it("is silent: from the beginning, after the headers, or within the body", async () => {
    await using server = await startEmbeddingServer(service);
    server.plan({ kind: "silent" }, { kind: "silent", after: "headers" }, { kind: "silent", after: "body" });
    const controller = new AbortController();
    const nothing = post(server, ["a"], { signal: controller.signal });
    await server.until(() => server.requests.length === 1);
    const [headers, body] = await Promise.all([
      post(server, ["a"], { signal: controller.signal }),
      post(server, ["a"], { signal: controller.signal }),
    ]);
    const reader = body.body!.getReader();
    expect((await reader.read()).value!.length).toBeGreaterThan(0);
    const rest = [nothing, headers.text(), reader.read()];
    controller.abort(new Error("enough"));
    for (const each of await Promise.allSettled(rest)) {
      expect(each).toMatchObject({ status: "rejected", reason: { message: "enough" } });
    }
    await server.until(() => server.abandoned === 3);
  });

  it("counts concurrent requests", async () => {
    await using server = await startEmbeddingServer(service);
    const until = server.until(() => server.requests.length === 3);
    server.plan(...Array.from({ length: 3 }, () => ({ kind: "held", until }) as const));
    await Promise.all([post(server, ["a"]), post(server, ["b"]), post(server, ["c"])]);
    for (const text of ["d", "e"]) await (await post(server, [text])).text();
    expect([server.mostAtOnce, server.abandoned]).toEqual([3, 0]);
  });

  it("sends white space without end, until the connection is closed", async () => {
    await using server = await startEmbeddingServer(service);
    server.plan({ kind: "endless" });
    const { status, body } = await post(server, ["a"]);
    expect(status).toBe(200);
    let bytes = 0;
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      expect(piece.every((byte) => byte === 0x20)).toBe(true);
      if (bytes > 2 ** 21) break;
    }
    await server.until(() => server.abandoned === 1);
  });

  it("destroys open connections when it closes", async () => {
    const server = await startEmbeddingServer(service);
    server.plan({ kind: "silent" });
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    const ended = new Promise((resolve) => socket.once("close", resolve).once("error", () => {}));
    const call = post(server, ["a"]).catch(() => "ended");
    await server.until(() => server.requests.length === 1 && server.connections === 2);
    expect(server.closed).toBe(false);
    await Promise.all([server.aclose(), server.aclose()]);
    expect([server.closed, await call]).toEqual([true, "ended"]);
    await ended;
    expect(() => server.url).toThrow(/closed/);
  });
});
