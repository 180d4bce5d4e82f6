import * as cliProgress from "cli-progress";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TerminalScreen } from "../../../../tests/terminal-screen.ts";
import { BarProgress } from "./bar-progress.ts";

const { isTTY, columns, rows } = process.stderr;
const all: BarProgress[] = [];
let screen: TerminalScreen;
let sent = "";
let bytes = 0;

/** Arrives on the terminal, whoever has written it. */
function arrive(part: unknown): true {
  sent += String(part);
  bytes += Buffer.byteLength(String(part));
  screen.write(String(part));
  return true;
}

beforeEach(() => {
  vi.useFakeTimers();
  screen = new TerminalScreen(6);
  sent = "";
  Object.assign(process.stderr, { isTTY: true, columns: 72, rows: 6 });
  bytes = 0;
  Object.defineProperty(process.stderr, "bytesWritten", { configurable: true, get: () => bytes });
  vi.spyOn(process.stderr, "write").mockImplementation(arrive);
});

afterEach(() => {
  // A bar that stays open would be on the stage of the next test.
  for (const progress of all.splice(0)) progress.stop();
  Object.assign(process.stderr, { isTTY, columns, rows });
  Reflect.deleteProperty(process.stderr, "bytesWritten");
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function started(total: number | undefined, desc?: string): BarProgress {
  const progress = new BarProgress(cliProgress);
  progress.start(total, desc);
  all.push(progress);
  return progress;
}

describe("a bar", () => {
  it("shows how far the call is, how fast it goes, and how long it will take", () => {
    const progress = started(200, "reading");
    vi.advanceTimersByTime(10_000);
    progress.advance(50);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe("reading  █████░░░░░░░░░░░░░░░░░   25 %   50/200  5.0/s  31s left\n");
    progress.advance(150);
    progress.stop();
    expect(screen.text).toBe("reading  ██████████████████████  100 %  200/200  20/s  in 10s\n");
  });

  it("says what is still awaited after a stop, and that it finishes after the last step", () => {
    const progress = started(200, "reading");
    vi.advanceTimersByTime(10_000);
    progress.advance(50);
    progress.pause(12_000);
    progress.stopping(5_000);
    // A service may accept requests again while the call ends.
    progress.pause(undefined);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe("reading   25 %   50/200  stopping, waits up to 5 s for what still runs\n");
    vi.advanceTimersByTime(3_000);
    expect(screen.text).toContain("stopping, waits up to 2 s for");
    progress.stop();
    expect(screen.text).toContain("stopped after 13s");
  });

  it("says that it finishes after the last step, as jobs that ignore their abort may still be awaited", () => {
    const progress = started(2, "reading");
    vi.advanceTimersByTime(1_000);
    progress.advance(2, 1);
    vi.advanceTimersByTime(100);
    expect(screen.text).toContain("100 %  2/2, 1 failed  1.8/s  finishing");
  });

  it.each([
    [60, " 25 %   50/200  paused by the service, next try in 12 s\n"],
    [40, "reading   25 %   50/200  paused, 12 s\n"],
    [30, " 25 %   50/200  paused, 12 s\n"],
  ])("names a pause in %i columns, and the figures", (width, line) => {
    process.stderr.columns = width;
    const progress = started(200, "reading");
    progress.advance(50);
    progress.pause(12_000);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe(line);
  });

  it("is replaced by a countdown while a service refuses", () => {
    const progress = started(200, "reading");
    vi.advanceTimersByTime(10_000);
    progress.advance(50);
    progress.pause(12_000);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe("reading   25 %   50/200  paused by the service, next try in 12 s\n");
    vi.advanceTimersByTime(5_000);
    expect(screen.text).toBe("reading   25 %   50/200  paused by the service, next try in 7 s\n");
    progress.pause(undefined);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe("reading  █████░░░░░░░░░░░░░░░░░   25 %   50/200  3.3/s  46s left\n");
  });

  it("stays where it was stopped, and later output starts on a new line", () => {
    const progress = started(200, "reading");
    progress.advance(30);
    vi.advanceTimersByTime(2000);
    progress.stop();
    // 71 columns, less 7 for the label, 5 for the percentage, 7 for the count, 8 for the rate, 16 for the time, 5 gaps: 18.
    expect(screen.text).toBe("reading  ██░░░░░░░░░░░░░░░░   15 %   30/200  15/s  stopped after 2s\n");
    expect(screen.cursor).toEqual({ row: 1, column: 0 });
  });

  it("is a count if the total is unknown", () => {
    const progress = started(undefined);
    vi.advanceTimersByTime(2000);
    progress.advance(30);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe("jobs  30  14/s  2.1s so far\n");
    progress.stop();
    expect(screen.text).toBe("jobs  30  14/s  in 2.1s\n");
  });

  it("shrinks on a narrow terminal, and never takes more than a line", () => {
    process.stderr.columns = 40;
    const progress = started(200, "words that say too much");
    progress.advance(100);
    vi.advanceTimersByTime(1000);
    expect(screen.text).toBe("words that…  █████░░░░░   50 %  100/200\n");
  });

  it.each([
    [40, "openai…  ██░░░░░░░░   25 %  1,250/5,000"],
    [60, "openai texts  ██░░░░░░░░░   25 %  1,250/5,000  1m 30s left"],
    [80, "openai texts  █████░░░░░░░░░░░░░░░░   25 %  1,250/5,000  42/s  1m 30s left"],
    [120, "openai texts  ███████░░░░░░░░░░░░░░░░░░░░░░░   25 %  1,250/5,000  42/s  1m 30s left"],
  ])("at %i columns has a bar, the figures, and what else there is room for", (width, line) => {
    process.stderr.columns = width;
    const progress = started(5000, "openai texts");
    vi.advanceTimersByTime(29_900);
    progress.advance(1250);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe(`${line}\n`);
    expect(line.length).toBeLessThan(width);
  });

  it.each([
    [40, "vector…  ██░░░░░░░░   25 %    250/1,000"],
    [60, "vectors of…  ███░░░░░░░░░   25 %    250/1,000  1m 30s left"],
    [80, "vectors of…  █████░░░░░░░░░░░░░░░░░   25 %    250/1,000  8.3/s  1m 30s left"],
    [
      120,
      "vectors of the handbook, German edition  ███████░░░░░░░░░░░░░░░░░░░░░░░   25 %    250/1,000  8.3/s  1m 30s left",
    ],
  ])("at %i columns shortens a long label by words", (width, line) => {
    process.stderr.columns = width;
    const progress = started(1000, "vectors of the handbook, German edition");
    vi.advanceTimersByTime(29_900);
    progress.advance(250);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe(`${line}\n`);
    expect(line.length).toBeLessThan(width);
  });

  it("shows failures, and at the end no percentage that would hide them", () => {
    process.stderr.columns = 80;
    const progress = started(2000, "rows");
    progress.advance(1000, 12);
    vi.advanceTimersByTime(10_000);
    expect(screen.text).toBe("rows  █████████░░░░░░░░░   50 %  1,000/2,000, 12 failed  100/s  10s left\n");
    progress.advance(1000, 8);
    progress.stop();
    expect(screen.text).toBe("rows  ████████████████████████████  1,980 ok, 20 failed  200/s  in 10s\n");
  });

  it("that is stopped shows failures, and how many there were to do", () => {
    const progress = started(2000, "rows");
    progress.advance(500, 20);
    vi.advanceTimersByTime(10_000);
    progress.stop();
    expect(screen.text).toBe("rows  ████░░░░░░░░░░░░░░  480 ok, 20 failed of 2,000  stopped after 10s\n");
  });

  it.each([
    [40, 0, "openai…  █░░░░░░░░░   12 %    642/5,000", "openai…   12 %    642/5,000  stopped"],
    [40, 1, "ope…  ░░░░░   12 %  642/5,000, 1 failed", "641 ok, 1 failed of 5,000  stopped"],
    [40, 12, "ope…  ░░░░   12 %  642/5,000, 12 failed", "630 ok, 12 failed of 5,000  stopped"],
    [44, 1, "ope…  █░░░░░░░░   12 %  642/5,000, 1 failed", "openai…  641 ok, 1 failed of 5,000  stopped"],
    [48, 1, "openai…  █░░░░░░░░░   12 %  642/5,000, 1 failed", "openai…  641 ok, 1 failed of 5,000  stopped"],
    [36, 1, "ope…  █░░░░░░░  642/5,000, 1 failed", "641 ok, 1 failed of 5,000  stopped"],
    [30, 1, "openai…  642/5,000, 1 failed", "641 ok, 1 failed of 5,000"],
    [26, 1, "ope…  642/5,000, 1 failed", "641 ok, 1 failed of 5,000"],
  ])(
    "at %i columns keeps a bar where it can, says that it was stopped, and drops itself before it cuts words",
    (width, failed, running, ended) => {
      process.stderr.columns = width;
      const progress = started(5000, "openai texts");
      progress.advance(642, failed);
      vi.advanceTimersByTime(100);
      expect(screen.text).toBe(`${running}\n`);
      progress.stop();
      expect(screen.text).toBe(`${ended}\n`);
    },
  );

  it("says on a narrow terminal, too, that it stops and has stopped", () => {
    process.stderr.columns = 40;
    const progress = started(5000, "openai texts");
    progress.advance(642, 1);
    progress.stopping(5000);
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe("642/5,000, 1 failed  stopping, 5 s\n");
    progress.stop();
    expect(screen.text).toBe("641 ok, 1 failed of 5,000  stopped\n");
  });

  it("counts columns, not characters", () => {
    process.stderr.columns = 40;
    started(200, "日本語日本語日本語");
    vi.advanceTimersByTime(100);
    expect(screen.text).toBe("日本語日本…  ░░░░░░░░░░    0 %    0/200\n");
  });

  it("neither hides the cursor nor switches line wrapping", () => {
    started(2, "a").stop();
    expect(sent).not.toContain("\u001B[?");
  });

  it("is drawn ten times a second, however often it moves", () => {
    const progress = started(100_000, "many");
    const write = vi.mocked(process.stderr.write);
    for (let n = 0; n < 100_000; n++) {
      if (n % 100 === 0) vi.advanceTimersByTime(1);
      progress.advance(1);
    }
    const pictures = write.mock.calls.filter(([part]) => String(part).startsWith("many"));
    expect(pictures).toHaveLength(10);
  });

  it("is shown even if jobs leave no time for timers", () => {
    let now = 1000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    const progress = started(8, "busy");
    const seen: (string | undefined)[] = [];
    for (let n = 0; n < 8; n++) {
      now += 50;
      progress.advance(1);
      seen.push(/\d\/8/.exec(screen.text)?.[0]);
    }
    expect(seen).toEqual([undefined, "2/8", "2/8", "4/8", "4/8", "6/8", "6/8", "8/8"]);
  });

  it("leaves no timer and no listener", () => {
    const before = process.listenerCount("exit");
    const progress = started(2, "a");
    vi.advanceTimersByTime(500);
    progress.stop();
    progress.advance(1);
    progress.stop();
    expect(vi.getTimerCount()).toBe(0);
    expect(process.listenerCount("exit")).toBe(before);
    expect(screen.text.match(/\n/g)).toHaveLength(1);
  });

  it("ends its line when the process ends", () => {
    const before = process.listeners("exit");
    started(4, "first").advance(1);
    started(4, "second");
    vi.advanceTimersByTime(1000);
    const added = process.listeners("exit").filter((listener) => !before.includes(listener));
    expect(added).toHaveLength(1);
    added[0]!.call(process, 1);
    expect(screen.text.split("\n")).toEqual([
      expect.stringMatching(/^first .* 25 %  1\/4  1\.0\/s  stopped after 1s$/),
      expect.stringMatching(/^second .* 0 %  0\/4  stopped after 1s$/),
      "",
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("output of others", () => {
  it("is on its own lines, and the bars continue below it", () => {
    const [a, b] = [started(2, "a"), started(2, "b")];
    vi.advanceTimersByTime(1000);
    arrive("hello\n");
    arrive("world\n");
    vi.advanceTimersByTime(1000);
    a.stop();
    arrive("a has ended\n");
    b.stop();
    expect(screen.text.split("\n").map((line) => line.replace(/(?<=^[ab]) .*%/, ""))).toEqual([
      "a  0/2  1s so far",
      "b  0/2  1s so far",
      "hello",
      "world",
      "a  0/2  stopped after 2s",
      "b  0/2  2s so far",
      "a has ended",
      "b  0/2  stopped after 2s",
      "",
    ]);
  });
});

describe("several at once", () => {
  it("are shown below each other, in columns", () => {
    const [files, chunks] = [started(8, "files"), started(1000, "embedding")];
    vi.advanceTimersByTime(900);
    files.advance(2);
    chunks.advance(500);
    vi.advanceTimersByTime(100);
    expect(screen.text.split("\n")).toEqual([
      "files      ████░░░░░░░░░░░░   25 %          2/8  2.0/s  3s left",
      "embedding  ████████░░░░░░░░   50 %    500/1,000  500/s  1s left",
      "",
    ]);
  });

  it("become lines above the others when they end", () => {
    const [a, b, c] = [started(2, "a"), started(2, "b"), started(2, "c")];
    vi.advanceTimersByTime(1000);
    b.advance(2);
    b.stop();
    const names = (): (string | undefined)[] => screen.text.split("\n").map((line) => line[0]);
    expect(names().slice(0, 3)).toEqual(["b", "a", "c"]);
    a.advance(1);
    const d = started(undefined, "d");
    vi.advanceTimersByTime(1000);
    expect(names().slice(0, 4)).toEqual(["b", "a", "c", "d"]);
    for (const progress of [c, a, d]) progress.stop();
    expect(screen.text.split("\n").map((line) => line.replace(/ [░█]+ /, " "))).toEqual([
      "b   100 %  2/2  2.0/s  in 1s",
      "c     0 %  0/2  stopped after 2s",
      "a    50 %  1/2  30/min  stopped after 2s",
      "d  0  in 1s",
      "",
    ]);
    expect(screen.cursor).toEqual({ row: 4, column: 0 });
  });

  it("scroll away, one by one, below a call that continues", () => {
    const files = started(30, "files");
    for (let n = 1; n <= 30; n++) {
      const chunks = started(1, `chunks of ${n}`);
      vi.advanceTimersByTime(150);
      chunks.advance(1);
      chunks.stop();
      files.advance(1);
    }
    files.stop();
    const lines = screen.text.split("\n");
    expect(lines).toHaveLength(32);
    expect(lines.slice(0, 30).map((line) => /of \d+/.exec(line)?.[0])).toEqual(
      Array.from({ length: 30 }, (_, n) => `of ${n + 1}`),
    );
    expect(lines[30]).toMatch(/^files .*100 %  30\/30/);
  });

  it("never take more lines than the terminal has", () => {
    const many = Array.from({ length: 12 }, (_, n) => started(1, `call ${n}`));
    vi.advanceTimersByTime(1000);
    // Five bars, and the line where the cursor rests.
    expect(screen.text.split("\n")).toHaveLength(6);
    // One without a line ends, then all others.
    for (const progress of [many[11]!, ...many.slice(0, 11)]) {
      progress.advance(1);
      progress.stop();
      vi.advanceTimersByTime(1000);
    }
    const lines = screen.text.trimEnd().split("\n");
    expect(lines.map((line) => /^call (\d+)/.exec(line)?.[1])).toEqual(
      [11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(String),
    );
    expect(lines.filter((line) => line.includes("100 %  1/1"))).toHaveLength(12);
  });

  it("start anew after the last one has ended", () => {
    for (const name of ["one", "two"]) {
      const progress = started(1, name);
      progress.advance(1);
      vi.advanceTimersByTime(200);
      progress.stop();
    }
    expect(screen.text.split("\n").map((line) => line.split(" ")[0])).toEqual(["one", "two", ""]);
  });
});
