import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { bodyStart } from "./body-start.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

it.each([
  ["ends", (body: PassThrough): unknown => body.end()],
  ["breaks off", (body: PassThrough): unknown => body.destroy(new Error("broken"))],
  ["is left by somebody else", (body: PassThrough): unknown => body.destroy()],
])("gives what has come where a body %s, and leaves no timer", async (_how, end) => {
  const body = new PassThrough();
  const start = bodyStart(body, 100, 5000);
  body.once("data", () => end(body));
  body.write("h\u00e4");
  expect(await start).toBe("h\u00e4");
  expect(vi.getTimerCount()).toBe(0);
});

it("returns what has arrived in time, and drops the rest", async () => {
  const body = new PassThrough();
  body.write("half");
  const start = bodyStart(body, 100, 5000);
  await vi.advanceTimersByTimeAsync(5000);
  expect(await start).toBe("half");
  expect(body.destroyed).toBe(true);
});

it("returns no more than maxBytes, and drops the rest", async () => {
  const body = new PassThrough();
  body.write("0123456789abcdef");
  expect(await bodyStart(body, 10, 5000)).toBe("0123456789");
  expect(body.destroyed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
