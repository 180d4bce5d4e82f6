import { describe, expect, it } from "vitest";
import {
  type ApiError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  ServerError,
} from "./index.ts";
import { type ErrorCase, errorOf, noQuotaHint } from "./testing/error-of.ts";
import { client, failure, key, rawAnswer, serveRaw, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

describe("an error in a response of 200", () => {
  const cases: Record<string, Omit<ErrorCase, "status"> & { kind: typeof ApiError }> = {
    "with a code": {
      body: { error: { message: "model is loading", code: 503 } },
      kind: ServerError,
      error: {
        message: "Example responded with 200 and an error (503): model is loading",
        status: 503,
        retryable: true,
        refused: true,
      },
    },
    "with a code in a string": {
      body: { error: { message: "no such model", code: "404" }, data: [] },
      kind: NotFoundError,
      error: {
        message: "Example responded with 200 and an error (404): no such model",
        retryable: false,
        refused: false,
      },
    },
    "with a code beside it": {
      body: { status: 401, error: "bad key" },
      kind: AuthenticationError,
      error: { message: "Example responded with 200 and an error (401): bad key", retryable: false },
    },
    "of another service, which a gateway quotes": {
      body: {
        error: {
          message:
            'HTTP 429: {"error":{"code":"RateLimitReached","message":"Your requests have exceeded the call rate ' +
            'limit. Please retry after 2 seconds."}}',
          code: 429,
        },
      },
      kind: RateLimitError,
      error: {
        message:
          "Example responded with 200 and an error (429): HTTP 429: Your requests have exceeded the call rate limit. " +
          "Please retry after 2 seconds.",
        status: 429,
        refused: true,
        retryAfter: 2000,
      },
    },
    "as a string": {
      body: { error: "CUDA out of memory" },
      kind: ServerError,
      error: {
        message: "Example responded with 200 and an error: CUDA out of memory",
        status: 200,
        retryable: true,
        refused: false,
      },
    },
    "whose code is no status": {
      body: { error: { message: "no", code: "E_NO" } },
      kind: ServerError,
      error: { message: "Example responded with 200 and an error: no", retryable: true },
    },
    "that is overload without a code": {
      body: { error: "the server is busy, try again in 3s" },
      kind: ServerError,
      error: { retryable: true, refused: true, retryAfter: 3000 },
    },
    "that is a lack of quota without a code": {
      body: { error: { message: "no more", type: "insufficient_quota" } },
      kind: RateLimitError,
      error: {
        message: `Example responded with 200 and an error: no more ${noQuotaHint}`,
        retryable: false,
        refused: false,
      },
    },
    "in a list": {
      body: [{ error: { code: 403, message: "denied" } }],
      kind: PermissionError,
      error: { message: "Example responded with 200 and an error (403): denied", retryable: false },
    },
    "that sends back key and text": {
      body: { error: { message: `${key}: a text of the user's`, code: 422 } },
      kind: BadRequestError,
      error: { message: "Example responded with 200 and an error (422): [redacted]: […]" },
    },
    "that the service says not to try again": {
      headers: { "x-should-retry": "false", "x-request-id": "req-1" },
      body: { error: "no" },
      kind: ServerError,
      error: { retryable: false, requestId: "req-1" },
    },
  };
  it.each(Object.entries(cases))("%s", async (_form, { kind, error, ...answer }) => {
    const thrown = await errorOf({ status: 200, ...answer });
    expect(thrown).toBeInstanceOf(kind);
    expect(thrown).toMatchObject(error);
  });

  it("is found if the caller has its own parser, whether that accepts it or not", async () => {
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(200, '{"error":"loading"}')));
    const parsers: ((body: Buffer) => unknown)[] = [
      (body) => JSON.parse(body.toString()) as unknown,
      (): never => {
        throw new Error("there are no vectors");
      },
      (): undefined => undefined,
    ];
    for (const parse of parsers) {
      expect(await failure(client().postJson(url, {}, { parse }))).toMatchObject({
        message: "Example responded with 200 and an error: loading",
      });
    }
  });

  it("is left to callers that request bytes or a stream", async () => {
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(200, '{"error":"loading"}')));
    const { bytes } = await client().postBytes(url, {});
    expect(Buffer.from(bytes).toString()).toBe('{"error":"loading"}');
  });
});
