import { afterEach, expect, it, vi } from "vitest";
import { readRetryAfter } from "./read-retry-after.ts";

afterEach(() => {
  vi.useRealTimers();
});

it.each([
  [{ "retry-after-ms": "250", "retry-after": "9" }, 250],
  [{ "retry-after": "9" }, 9000],
  [{ "retry-after": "0.5" }, 500],
  [{ "retry-after": "Thu, 01 Jan 2026 00:00:03 GMT" }, 3000],
  [{ "retry-after": "Wed, 31 Dec 2025 23:59:59 GMT" }, undefined],
  [{ "retry-after": "0" }, undefined],
  [{ "retry-after": "-5" }, undefined],
  [{ "retry-after": "soon" }, undefined],
  [{}, undefined],
])("%j is a wait of %s ms", (headers, wait) => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  expect(readRetryAfter(headers)).toBe(wait);
});
