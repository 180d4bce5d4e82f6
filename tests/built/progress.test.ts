import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, cpSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TerminalScreen } from "../terminal-screen.ts";

const node = resolve("node_modules/.bin/node");
const fixture = fileURLToPath(new URL("./fixtures/progress.mjs", import.meta.url));

/** Makes a pseudo-terminal for a program. The one of BSD and macOS takes other options. */
const script = "script";
const hasTerminal = spawnSync(script, ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux");
if (!hasTerminal)
  console.warn("SKIPPED: progress bars are not seen on a terminal, as there is no script of util-linux");

const environment = { PATH: process.env["PATH"], TERM: "xterm" };

interface Shown {
  readonly code: number | null;
  /** All that the program sent to the terminal. */
  readonly sent: string;
  /** What stands on the terminal at the end. */
  readonly lines: readonly string[];
}

/** Runs a program of the fixture on a terminal of 80 columns; a key is pressed when a text has appeared. */
async function onTerminal(
  program: string,
  { key, at, module }: { key?: string; at?: string; module?: string } = {},
): Promise<Shown> {
  const command = `stty cols 80 rows 24 && exec '${node}' '${fixture}' ${program}`;
  const env = { ...environment, ...(module !== undefined && { LLX_ASYNC: module }) };
  const child = spawn(script, ["-qec", command, "/dev/null"], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
    timeout: 60_000,
  });
  let sent = "";
  let pressed = false;
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    sent += part;
    if (key === undefined || pressed || !sent.includes(at!)) return;
    pressed = true;
    child.stdin.write(key);
  });
  const [code] = (await once(child, "close")) as [number | null];
  // A killed process could not undo it: the cursor is never hidden, and line wrapping never switched off.
  expect(sent).not.toContain("\u001B[?");
  return { code, sent, lines: new TerminalScreen().write(sent).text.split("\n") };
}

/** Runs a program of the fixture with stderr in a file. */
async function toFile(program: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const path = join(folder, "stderr.txt");
  const file = openSync(path, "w");
  const child = spawn(node, [fixture, program], { env: environment, stdio: ["ignore", "pipe", file] });
  closeSync(file);
  let stdout = "";
  child.stdout!.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr: readFileSync(path, "utf8") };
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-progress-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 0 + 1 + … + 39, and up to 999. */
const sums = "sums 780,499500";

describe.skipIf(!hasTerminal)("on a terminal", () => {
  it("two calls at once are two bars, which stay when they are full", async () => {
    const { code, lines } = await onTerminal("watched");
    // They have stopped at a gate until both were seen there; what was printed then is not overwritten.
    expect(lines).toEqual([
      expect.stringMatching(/^reading {4}█{12}░{12} {3}50 % {8}20\/40 {2}[\d.,]+\/s {2}\d+s left$/),
      expect.stringMatching(/^embedding {2}█{12}░{12} {3}50 % {4}500\/1,000 {2}[\d.,]+\/s {2}\d+s left$/),
      "half way",
      expect.stringMatching(/^reading {4}█{24} {2}100 % {8}40\/40 {2}[\d.,]+\/s {2}in [\d.]+m?s$/),
      expect.stringMatching(/^embedding {2}█{24} {2}100 % {2}1,000\/1,000 {2}[\d.,]+\/s {2}in [\d.]+m?s$/),
      sums,
      "",
    ]);
    expect(code).toBe(0);
  });

  it("inputs of unknown number are counted", async () => {
    const { code, sent, lines } = await onTerminal("uncounted");
    expect(sent).toMatch(/walking {2}15 {2}[\d.,]+\/s {2}[\d.]+m?s so far/);
    expect(lines).toEqual([
      expect.stringMatching(/^walking {2}30 {2}[\d.,]+\/s {2}in [\d.]+m?s$/),
      "30 results",
      "",
    ]);
    expect(sent).not.toMatch(/NaN|undefined|Infinity| %/);
    expect(code).toBe(0);
  });

  it("a call that fails leaves its bar where it stopped, and the next output on a new line", async () => {
    const { code, lines } = await onTerminal("failed");
    expect(lines).toEqual([
      expect.stringMatching(/^reading {2}█+░+ {2}4 ok, 1 failed of 8 .* stopped after [\d.]+m?s$/),
      "caught job 4 is broken",
      "",
    ]);
    expect(code).toBe(0);
  });

  it.each([
    ["exits", 3],
    ["forgotten", 13],
  ])("a process that %s ends the line of its bar", async (program, expected) => {
    const { code, lines } = await onTerminal(program);
    expect(lines.slice(-2)).toEqual([
      expect.stringMatching(/^reading {2}█{13,15}░{13,15} {3}50 % {2}4\/8 .* stopped after [\d.]+m?s$/),
      "",
    ]);
    expect(code).toBe(expected);
  });

  it("an error that ends the process is printed below the bar", async () => {
    const { code, lines } = await onTerminal("throws");
    expect(lines[0]).toMatch(/^reading .* stopped after [\d.]+m?s$/);
    expect(lines).toContain("Error: something else is broken");
    expect(code).toBe(1);
  });

  it("the first Ctrl-C ends the process; the cursor rested on a new line", async () => {
    const drawn = "\u001B[0K\r\n";
    const { code, sent } = await onTerminal("interrupted", { key: "\u0003", at: drawn });
    const screen = new TerminalScreen().write(sent.slice(0, sent.indexOf(drawn) + drawn.length));
    expect(screen.text).toMatch(/^reading {2}█{15}░{15} {3}50 % .* left\n$/);
    expect(screen.cursor).toEqual({ row: 1, column: 0 });
    expect(code).toBe(130);
  });

  it("Ctrl-C in asyncRun stops the bar", async () => {
    const { code, lines } = await onTerminal("unwound", { key: "\u0003", at: "50 %" });
    expect(lines).toEqual([expect.stringMatching(/^reading {2}█+░+ .* stopped after [\d.]+m?s$/), "!", ""]);
    expect(code).toBe(130);
  });

  it("plain lines are written if the library is missing", async () => {
    const modules = join(folder, "node_modules/@llx");
    for (const name of ["async", "callbacks"]) {
      for (const part of ["package.json", "dist"]) {
        cpSync(join("packages", name, part), join(modules, name, part), { recursive: true });
      }
    }
    const module = join(modules, "async/dist/index.js");
    const found = spawnSync(node, ["-p", 'require.resolve("cli-progress")'], {
      cwd: join(modules, "async"),
      env: environment,
      encoding: "utf8",
    });
    expect(found.stderr).toContain("Cannot find module 'cli-progress'");
    const { code, sent, lines } = await onTerminal("two", { module: pathToFileURL(module).href });
    expect(sent).not.toContain("\u001B");
    expect(lines.toSorted()).toEqual([
      "",
      expect.stringMatching(/^embedding: 100 %, 1,000\/1,000, [\d.,]+\/s, in [\d.]+m?s$/),
      expect.stringMatching(/^reading: 100 %, 40\/40, [\d.,]+\/s, in [\d.]+m?s$/),
      sums,
    ]);
    expect(code).toBe(0);
  });
});

describe("without a terminal on stderr", () => {
  it("each call writes one plain line, without control sequences", async () => {
    const { code, stdout, stderr } = await toFile("two");
    expect(stdout).toBe(`${sums}\n`);
    expect(stderr.split("\n").toSorted()).toEqual([
      "",
      expect.stringMatching(/^embedding: 100 %, 1,000\/1,000, [\d.,]+\/s, in [\d.]+m?s$/),
      expect.stringMatching(/^reading: 100 %, 40\/40, [\d.,]+\/s, in [\d.]+m?s$/),
    ]);
    expect(code).toBe(0);
  });

  it("a reader that has gone away does not end the process", async () => {
    const child = spawn(node, [fixture, "two"], { env: environment });
    child.stderr.destroy();
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    const [code] = (await once(child, "close")) as [number | null];
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${sums}\n` });
  });

  it("waiting to write a line does not keep the process alive", async () => {
    const { code, stderr } = await toFile("forgotten");
    expect(code).toBe(13);
    expect(stderr).not.toMatch(/^reading/m);
  });
});
