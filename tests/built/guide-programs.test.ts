import { globSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { type Origin, blocksOf, originOf } from "../markdown-blocks.ts";
import { runProgram } from "./run-example.ts";

/**
 * Lines with what varies from run to run made equal: durations and shares, the process in warnings, and in a line that
 * has such, the spaces that make columns of them and how much of an error's message has room beside them.
 */
function masked(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const shown = line
      .replaceAll(/ *(?<![\w.-])\d+(\.\d+)? (min \d\d s|ns|µs|ms|s|min|%)(?!\w)/g, " ~")
      .replace(/^\(node:\d+\)/, "(node:~)");
    if (shown === line) return line.trimEnd();
    return shown
      .replaceAll(/(?<=\S) +/g, " ")
      .replace(/(✗ \w+).*…$/, "$1 …")
      .trimEnd();
  });
}

/** Whether lines stand in a text one after another, but for what varies. */
function isPrinted(lines: readonly string[], text: string): boolean {
  const wanted = `\n${masked(lines).join("\n")}\n`;
  return `\n${masked(text.split("\n")).join("\n")}\n`.includes(wanted);
}

interface Quote extends Origin {
  readonly where: string;
  readonly lines: readonly string[];
}

const quotes: Quote[] = globSync("docs/guides/*.md").flatMap((guide) =>
  blocksOf(readFileSync(guide, "utf8")).flatMap((block) => {
    const origin = originOf(block);
    return origin ? [{ ...origin, where: `${guide}: ${block.lines[0]}`, lines: block.lines }] : [];
  }),
);

/** Each file of the guides' own that they show, and each other that they say prints something. */
const programs = Map.groupBy(
  quotes.toSorted((a, b) => a.path.localeCompare(b.path)),
  ({ path }) => path,
);
for (const [path, uses] of programs) {
  const isOwn = path.startsWith("examples/guides/");
  if (!isOwn && uses.every(({ kind }) => kind === "from")) programs.delete(path);
}

describe.each([...programs])("%s", (path, uses) => {
  let printed: Awaited<ReturnType<typeof runProgram>>;

  beforeAll(async () => {
    printed = await runProgram(path, { timeout: 60_000 });
  });

  it("ends well, and says nothing on stderr that no guide shows", () => {
    const shown = uses.some(({ kind }) => kind === "prints on stderr");
    expect({ ...printed, stdout: "" }).toEqual({
      code: 0,
      stdout: "",
      stderr: shown ? expect.any(String) : "",
    });
  });

  const outputs = uses.filter(({ kind }) => kind !== "from");

  it.each(outputs)("$kind what is in $where", ({ kind, lines }) => {
    const text = kind === "prints" ? printed.stdout : printed.stderr;
    // With the texts themselves in the failure, so that it shows what to write into the guide.
    if (!isPrinted(lines, text)) expect(text).toContain(lines.join("\n"));
    expect(isPrinted(lines, text)).toBe(true);
  });
});

it("finds programs, and what they print", () => {
  expect(programs.size).toBeGreaterThan(0);
  expect(quotes.some(({ kind }) => kind === "prints")).toBe(true);
});

describe("these checks", () => {
  const text =
    "one\ntrace x  402 ms\n├─ job    369 ms   91.9 %  self 960 µs\n└─ job ×2  1.2 s  8.1 %  ✗ no\n\nend\n";

  it("find lines that stand one after another, and nothing that differs", () => {
    expect(isPrinted(["one"], text)).toBe(true);
    expect(isPrinted(["on"], text)).toBe(false);
    expect(isPrinted(["ne"], text)).toBe(false);
    expect(isPrinted(["one", "end"], text)).toBe(false);
    expect(isPrinted(["", "end"], text)).toBe(true);
    expect(isPrinted(["end", "more"], text)).toBe(false);
    expect(isPrinted(["One"], text)).toBe(false);
  });

  it("look over durations, shares and their columns", () => {
    expect(isPrinted(["trace x  2 min 05 s", "├─ job  1.25 ms  100.0 %  self 3 µs"], text)).toBe(true);
    expect(isPrinted(["└─ job ×2  400 ms    9 %       ✗ no"], text)).toBe(true);
    expect(isPrinted(["└─ job ×3  400 ms    9 %       ✗ no"], text)).toBe(false);
    expect(isPrinted(["└─ job ×2  400 ms    9 %       ✗ yes"], text)).toBe(false);
    expect(isPrinted(["├─ job  1.25 ms  100.0 %"], text)).toBe(false);
    expect(masked(["└─ llm  5 ms  ✗ TypeError: no su…"])).toEqual(masked(["└─ llm  15 ms ✗ TypeError: no…"]));
    expect(masked(["└─ llm  5 ms  ✗ TypeError: no"])).not.toEqual(masked(["└─ llm  5 ms  ✗ TypeError: yes"]));
    expect(isPrinted(["  ├─ job  1.25 ms  100.0 %  self 3 µs"], text)).toBe(false);
  });

  it("look over no other number, and no other space", () => {
    expect(
      masked(["4 answers in 12.5 s, of 20 sent", "0.49  The moon", "v1.2 s", "5 seconds", "  a  b"]),
    ).toEqual(["4 answers in ~, of 20 sent", "0.49  The moon", "v1.2 s", "5 seconds", "  a  b"]);
  });

  it("look over which process has warned", () => {
    expect(masked(["(node:47) [CODE] Warning: (node:48)"])).toEqual(["(node:~) [CODE] Warning: (node:48)"]);
  });
});
