import { afterEach, describe, expect, it, vi } from "vitest";
import { terminalProgress } from "./terminal-progress.ts";

const { isTTY } = process.stderr;

afterEach(() => {
  process.stderr.isTTY = isTTY;
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.doUnmock("cli-progress");
});

function captured(): { text: () => string } {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  return { text: () => write.mock.calls.map(([part]) => String(part)).join("") };
}

describe("where stderr is no terminal", () => {
  it("writes a plain line now and then, and one at the end", async () => {
    vi.useFakeTimers();
    process.stderr.isTTY = false;
    const { text } = captured();
    const progress = await terminalProgress();
    progress.start(100, "reading");
    for (let n = 0; n < 40; n++) {
      vi.advanceTimersByTime(250);
      progress.advance(1);
    }
    progress.stop();
    expect(text()).toBe("reading: 20/100 (4.0/s)\nreading: 40/100 (4.0/s)\nreading: 40/100 (4.0/s)\n");
  });

  it("knows no total where there is none", async () => {
    vi.useFakeTimers();
    process.stderr.isTTY = false;
    const { text } = captured();
    const progress = await terminalProgress();
    progress.start(undefined);
    progress.advance(3);
    vi.advanceTimersByTime(2000);
    progress.stop();
    expect(text()).toBe("jobs: 3 (1.5/s)\n");
  });
});

describe("on a terminal", () => {
  it("falls back to plain lines where the library is missing", async () => {
    vi.doMock("cli-progress", () => {
      throw new Error("Cannot find module 'cli-progress'");
    });
    process.stderr.isTTY = true;
    const { text } = captured();
    const progress = await terminalProgress();
    progress.start(1, "alone");
    progress.advance(1);
    progress.stop();
    expect(text()).toMatch(/^alone: 1\/1 \(\S+\/s\)\n$/);
  });
});
