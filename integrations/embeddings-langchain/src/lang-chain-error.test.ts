import { afterEach, describe, expect, it, vi } from "vitest";
import { LangChainError } from "./lang-chain-error.ts";

afterEach(() => {
  vi.useRealTimers();
});

const text = "a text that is long enough";
const of = (error: unknown): LangChainError => new LangChainError(error, { provider: "own", texts: [text] });
const thrown = (fields: object): Error => Object.assign(new Error("busy"), fields);
const mark = Symbol.for("langchain.errors.retryable");

describe("LangChainError", () => {
  it.each([
    [{ status: 429 }, true],
    [{ status: 408 }, true],
    [{ status: 500 }, true],
    [{ status: 400 }, false],
    [{ status: 404 }, false],
    [{}, true],
    [{ status: 429, [mark]: false }, false],
    [{ [mark]: false }, false],
  ])("%o may go well the next time: %s", (fields, retryable) => {
    expect(of(thrown(fields)).retryable).toBe(retryable);
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
    [new Error(`${text.slice(0, 20)}… is no text`), /^own: \(what the service says repeats the request/],
    [new Error("no access with Bearer sk-a-key"), "own: no access with Bearer [redacted]"],
    [new Error("x".repeat(1000)), `own: ${"x".repeat(300)}`],
    ["just words", "own: just words"],
    [null, "own: null"],
  ])("has words that can be shown of %o", (error, message) => {
    expect(of(error).message).toMatch(message);
  });
});
