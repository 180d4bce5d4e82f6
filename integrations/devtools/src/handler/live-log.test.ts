import { existsSync } from "node:fs";
import { CallbackManager } from "@llx/callbacks";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { EventRecorder } from "./event-recorder.ts";
import { LiveLog } from "./live-log.ts";

let recorder: EventRecorder;
let manager: CallbackManager;
let live: LiveLog;

beforeEach(() => {
  vi.useFakeTimers();
  recorder = new EventRecorder({ maxEvents: 100, stallAfter: 1_000, isComplete: false });
  manager = new CallbackManager({
    handlers: [
      { onEventStart: (event) => recorder.start(event), onEventEnd: (event) => recorder.end(event) },
    ],
  });
  live = new LiveLog(recorder, [], 2_000);
});

afterEach(() => {
  live.close();
  recorder.close();
  vi.useRealTimers();
});

it("stays while a page is reloaded, and goes when none comes back", () => {
  const log = live.current();
  live.watched(1);
  live.watched(0);
  vi.advanceTimersByTime(4_000);
  live.watched(1);
  vi.advanceTimersByTime(10_000);
  expect(live.current()).toBe(log);
  live.watched(0);
  vi.advanceTimersByTime(5_000);
  expect(existsSync(log.path)).toBe(false);
  expect(log.isOpen).toBe(false);
  const next = live.current();
  expect(next).not.toBe(log);
  expect(existsSync(next.path)).toBe(true);
});

it("begins a new file when the first is long, with the latest events, and removes the first", async () => {
  const log = live.current();
  for (let n = 0; n < 30; n++) await manager.event("query", () => {});
  recorder.flush();
  expect(log.size).toBeGreaterThan(2_000);
  const next = live.current();
  expect(next).not.toBe(log);
  expect(existsSync(log.path)).toBe(false);
  expect(next.size).toBeGreaterThan(2_000);
});
