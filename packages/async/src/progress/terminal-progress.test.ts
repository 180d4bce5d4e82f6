import { afterEach, expect, it, vi } from "vitest";
import { BarProgress } from "./bar-progress.ts";
import { PlainProgress } from "./plain-progress.ts";
import { terminalProgress } from "./terminal-progress.ts";

const { isTTY } = process.stderr;

afterEach(() => {
  process.stderr.isTTY = isTTY;
  vi.unstubAllEnvs();
  vi.doUnmock("cli-progress");
});

function onTerminal(type: string): void {
  process.stderr.isTTY = true;
  vi.stubEnv("TERM", type);
}

it("draws bars on a terminal", async () => {
  onTerminal("xterm");
  expect(await terminalProgress()).toBeInstanceOf(BarProgress);
});

it("writes plain lines where stderr is no terminal", async () => {
  process.stderr.isTTY = false;
  expect(await terminalProgress()).toBeInstanceOf(PlainProgress);
});

it("writes plain lines on a terminal that cannot move its cursor", async () => {
  onTerminal("dumb");
  expect(await terminalProgress()).toBeInstanceOf(PlainProgress);
});

it.each([
  [
    "missing",
    () => {
      throw new Error("Cannot find module 'cli-progress'");
    },
  ],
  ["another one", () => ({ default: { SingleBar: Object } })],
])("writes plain lines where the library is %s", async (_case, library) => {
  vi.doMock("cli-progress", library);
  onTerminal("xterm");
  expect(await terminalProgress()).toBeInstanceOf(PlainProgress);
});
