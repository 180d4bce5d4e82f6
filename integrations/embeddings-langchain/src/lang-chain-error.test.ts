import { afterEach, describe, expect, it, vi } from "vitest";
import { LangChainError } from "./lang-chain-error.ts";

afterEach(() => {
  vi.useRealTimers();
});

const text = "a text that is long enough";
const quoted = 'one "two"\nthree four';
const of = (error: unknown): LangChainError =>
  new LangChainError(error, { provider: "own", texts: [text, quoted] });
const thrown = (fields: object): Error => Object.assign(new Error("busy"), fields);
const mark = Symbol.for("langchain.errors.retryable");

describe("LangChainError", () => {
  it.each([
    [{ status: 429 }, true],
    [{ status: 408 }, true],
    [{ status: 500 }, true],
    [{ status: 400 }, false],
    [{ status: 404 }, false],
    [{ status: 424 }, true],
    [{}, true],
    [{ status: 429, [mark]: false }, false],
    [{ [mark]: false }, false],
    [{ statusCode: 400 }, false],
    [{ statusCode: 503 }, true],
    [{ response: { status: 401 } }, false],
    [{ $metadata: { httpStatusCode: 403 } }, false],
  ])("%o may go well the next time: %s", (fields, retryable) => {
    expect(of(thrown(fields)).retryable).toBe(retryable);
  });

  it("treats a TypeError of a client as permanent, but not a failure of fetch", () => {
    expect(of(new TypeError("Cannot read properties of undefined")).retryable).toBe(false);
    expect(of(new TypeError("fetch failed", { cause: new Error("ECONNRESET") })).retryable).toBe(true);
  });

  it.each([
    // As thrown by the client of OpenAI.
    [
      { status: 429, error: { message: "3 requests per min (RPM)", code: "rate_limit_exceeded" } },
      true,
      60_000,
    ],
    [{ status: 429, code: "insufficient_quota", [mark]: true }, false, undefined],
    [{ status: 503, error: { message: "The model is overloaded" } }, true, undefined],
    [{ status: 503, error: { message: "no healthy upstream" } }, false, undefined],
    // As those of Google, Mistral or Cohere, axios and Amazon do.
    [
      { status: 429, errorDetails: [{ violations: [{ quotaId: "RequestsPerHourPerUser" }] }] },
      true,
      3_600_000,
    ],
    [{ statusCode: 429, body: { message: "100 API calls / minute" } }, true, 60_000],
    [
      { response: { status: 429, data: { detail: "3 per hour" }, headers: { "retry-after": "1" } } },
      true,
      3_600_000,
    ],
    [{ $metadata: { httpStatusCode: 429 }, name: "ThrottlingException" }, true, undefined],
    [{ status: 400, error: { message: "too many texts per request" } }, false, undefined],
  ])("%j is a refusal: %s, in a window of %s ms", (fields, refused, limitInterval) => {
    expect(of(Object.assign(new Error("failed"), fields))).toMatchObject({ refused, limitInterval });
  });

  it("is not retryable if a quota is used up, and says so", () => {
    const error = Object.assign(new Error("429 You exceeded your current quota."), {
      status: 429,
      code: "insufficient_quota",
      [mark]: true,
    });
    expect(of(error)).toMatchObject({
      retryable: false,
      refused: false,
      message:
        "own: 429 You exceeded your current quota. (the account's quota or credit is used up, and waiting does not restore it: " +
        "add to it at the service, or use another key)",
    });
  });

  it("reads the wait from the message if the headers have none", () => {
    const error = Object.assign(new Error("429 Please try again in 1.5s."), { status: 429 });
    expect(of(error)).toMatchObject({ retryAfter: 1_500, refused: true, retryable: true });
    expect(of(Object.assign(error, { headers: new Headers({ "retry-after": "2" }) })).retryAfter).toBe(2_000);
  });

  it.each([
    [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
    [{ "retry-after": "9" }, 9000],
    [{ "retry-after": "Thu, 01 Jan 2026 00:00:03 GMT" }, 3000],
    [{ "retry-after": "Wed, 31 Dec 2025 23:59:59 GMT" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{}, undefined],
  ])("%j is a wait of %s ms", (headers, wait) => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
    expect(of(thrown({ headers })).retryAfter).toBe(wait);
    expect(of(thrown({ headers: new Headers(headers as Record<string, string>) })).retryAfter).toBe(wait);
  });

  it.each([
    [new Error("busy\n\nTroubleshooting URL: https://a.example"), "own: busy"],
    [new Error(`${text.slice(0, 20)}… is no text`), "own: […]… is no text"],
    [new Error(JSON.stringify({ input: quoted })), 'own: {"input":"[…]"}'],
    [new Error(`no room for ${quoted.replaceAll("\n", " ")}`), "own: no room for […]"],
    [new Error(`no room for ${quoted.toUpperCase()}`), "own: no room for […]"],
    [new Error(`no room for ${encodeURIComponent(quoted)}`), "own: no room for […]"],
    [new Error("no access with Bearer sk-a-key"), "own: no access with Bearer [redacted]"],
    [new Error("x".repeat(1000)), `own: ${"x".repeat(299)}…`],
    ["just words", "own: just words"],
    [null, "own: null"],
  ])("has words that can be shown of %o", (error, message) => {
    expect(of(error).message).toMatch(message);
  });

  it.each([
    ["Incorrect API key provided: sk-proj-Ab12Cd34Ef56Gh78Ij90.", "Incorrect API key provided: [redacted]."],
    ["no access with 0123456789abcdef0123456789abcdef", "no access with [redacted]"],
    [
      "text-embedding-3-small: online_prediction_requests_per_base_model of 2026-11-28",
      "text-embedding-3-small: online_prediction_requests_per_base_model of 2026-11-28",
    ],
  ])("does not show what looks like a key: %s", (message, shown) => {
    expect(of(new Error(message)).message).toBe(`own: ${shown}`);
  });
});
