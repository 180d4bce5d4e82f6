import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { APICallError } from "ai";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startFakeServer } from "./fake-server.ts";
import { openModel } from "./open-model.ts";
import { retry } from "./retry.ts";
import { run } from "./run.ts";
import { streamAnswer } from "./stream-answer.ts";

let lines: string[];
const print = (line: string): unknown => lines.push(line);

beforeEach(() => {
  lines = [];
});

describe("the example", () => {
  it("answers all, keeps the budget, and ends what nobody reads", async () => {
    await run(print, 12);
    // Each question has two words and each answer five; calls 5 and 10 are refused.
    expect(lines.slice(0, 4)).toEqual([
      "Asking 12 questions.",
      "12 calls succeeded; 2 were refused and retried.",
      "24 input tokens, 60 output tokens.",
      expect.stringMatching(/^trace ask many /),
    ]);
    const text = lines.join("\n");
    expect(text).toMatch(/─ llm ×12 /);
    expect(text.match(/─ llm .* ✗ AI_APICallError/g)).toHaveLength(2);
    // Here a call takes five tokens: the fifth one goes beyond.
    expect(text).toContain(
      "\nWith a budget of 20 tokens: 4 answers, 6 questions not sent.\nThe first refusal: 20 tokens are used",
    );
    expect(text).toContain("\nA stream of 4 chunks: the answer to life (5 tokens)\n");
    expect(text).toContain('\nAnother one, left after "the "\nThe service saw the connection close.\n');
    expect(text).toContain(
      "\nAll at once, parrot answered: the answer to all" +
        "\nWith a second one after 20 ms, parrot answered: the answer to this" +
        "\nThe service saw the connections of the losers close.\n",
    );
    expect(text).toContain(
      "\nAs objects: Rome 2,800,000; Paris 2,100,000; Oslo 700,000" +
        "\n5 calls: 2 answers were invalid, and were asked for again.\n",
    );
    expect(text.match(/─ llm .* ✗ AI_NoObjectGeneratedError/g)).toHaveLength(2);
  });

  it.each([0, 1.5, Number.NaN])("refuses %s questions", async (count) => {
    await expect(run(print, count)).rejects.toThrow(
      new RangeError(`the number of questions must be a whole number from 1, not ${count}`),
    );
  });
});

describe("a stream", () => {
  const debug = new DebugHandler();
  const manager = new CallbackManager({ handlers: [debug] });

  beforeEach(() => debug.flushEventLogs());

  it("ends with the signal's reason, as an aborted event, and the service is told", async () => {
    const server = await startFakeServer();
    onTestFinished(() => server.aclose());
    const user = new AbortController();
    const gone = new Error("the user has gone");
    const read = async (): Promise<void> => {
      for await (const _ of streamAnswer(openModel(server.url), "all", user.signal, manager))
        user.abort(gone);
    };
    await expect(read()).rejects.toBe(gone);
    await expect.poll(() => server.left).toBe(1);
    expect(debug.getEventPairs("llm").map(([, { status }]) => status)).toEqual(["aborted"]);
  });

  it("fails with the error of the service, once", async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests++;
      response.writeHead(503, { "content-type": "application/json" }).end('{"error":{"message":"no room"}}');
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const model = openModel(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const { signal } = new AbortController();
    await expect(Array.fromAsync(streamAnswer(model, "all", signal, manager))).rejects.toThrow(/^no room$/);
    expect(requests).toBe(1);
    expect(debug.getEventPairs("llm").map(([, { status }]) => status)).toEqual(["error"]);
  });
});

describe("another attempt", () => {
  const refusal = (statusCode: number, responseHeaders: Record<string, string> = {}): APICallError =>
    new APICallError({ message: "", url: "", requestBodyValues: {}, statusCode, responseHeaders });

  it.each([
    [{ "retry-after": "2" }, 2000],
    [{ "retry-after": "1", "retry-after-ms": "20" }, 20],
    [{}, undefined],
  ])("waits as %j asks", (headers, expected) => {
    expect(retry.retryAfter?.(refusal(429, headers as Record<string, string>))).toBe(expected);
  });

  it("is made only where it may help", () => {
    expect([429, 503, 400, 401].map((status) => retry.shouldRetry?.(refusal(status)))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(retry.shouldRetry?.(new Error("another one"))).toBe(false);
  });
});
