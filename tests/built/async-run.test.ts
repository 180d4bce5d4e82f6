import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const node = resolve("node_modules/.bin/node");
const fixture = fileURLToPath(new URL("./fixtures/async-run.mjs", import.meta.url));

/** Runs a program of the fixture to its end, and sends it the signals that belong to the lines it prints. */
async function run(program: string, signals: Readonly<Record<string, NodeJS.Signals>> = {}) {
  const child = spawn(node, [fixture, program], { env: { PATH: process.env["PATH"] } });
  const lines: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    lines.push(line);
    const signal = signals[line];
    if (signal !== undefined) child.kill(signal);
  });
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
  const [code, killedBy] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code, killedBy, lines, stderr };
}

const unwound = [
  "8 jobs run",
  "8 jobs were started",
  ...["server", "pool", "store"].flatMap((name) => [`closing ${name}`, `closed ${name}`]),
];

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)(
  "%s amid a thousand jobs closes all, the last opened first, and exits with %i",
  async (signal, code) => {
    expect(await run("interrupted", { "8 jobs run": signal })).toEqual({
      code,
      killedBy: null,
      lines: unwound,
      stderr: "",
    });
  },
);

it("a program that catches the interruption continues, and the exit code stays", async () => {
  const { code, lines, stderr } = await run("caught", { "8 jobs run": "SIGINT" });
  expect(lines).toEqual([...unwound, "caught AbortError: interrupted by SIGINT"]);
  expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
});

it("a run that is not awaited ends in the same way", async () => {
  const { code, lines, stderr } = await run("ignored", { "8 jobs run": "SIGINT" });
  expect({ code, lines, stderr }).toEqual({ code: 130, lines: unwound, stderr: "" });
});

it("the program's own handler of uncaught errors receives the interruption", async () => {
  const { code, lines, stderr } = await run("handled", { "8 jobs run": "SIGINT" });
  expect(lines).toEqual([...unwound, "uncaught AbortError: interrupted by SIGINT"]);
  expect({ code, stderr }).toEqual({ code: 130, stderr: "" });
});

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("a second signal, %s, while clean-up is stuck exits at once", async (second, code) => {
  const { lines, ...end } = await run("stuck", { "main runs": "SIGINT", "closing for an hour": second });
  expect(lines).toEqual(["main runs", "closing for an hour"]);
  expect(end).toEqual({ code, killedBy: null, stderr: "" });
});

it("main that ignores the signal is abandoned with an error, and everything is closed", async () => {
  const { code, lines, stderr } = await run("deaf", { "main runs": "SIGINT" });
  expect(lines).toEqual(["main runs", "closing store", "closed store"]);
  expect(stderr).toContain("tasks ignored the abort for 10 ms, and were abandoned: main.");
  expect(code).toBe(130);
});

it("a clean-up that takes too long is abandoned with an error beside the interruption", async () => {
  const { code, stderr } = await run("slowToClose", { "main runs": "SIGTERM" });
  expect(stderr).toContain("clean-up took longer than 10 ms, and was abandoned: defer #0 (closeServer).");
  expect(code).toBe(143);
});

it("a clean-up that takes too long is abandoned with an error after main has succeeded", async () => {
  const { code, stderr } = await run("abandonedAfterMain");
  expect(stderr).toContain("clean-up took longer than 10 ms, and was abandoned: defer #0 (anonymous).");
  expect(code).toBe(1);
});

it("a program that wants 0 after SIGTERM exits with it, unless it has abandoned its clean-up", async () => {
  expect(await run("zeroAfterSignal", { "main runs": "SIGTERM" })).toMatchObject({ code: 0, stderr: "" });
  const { code, stderr } = await run("zeroAfterAbandoned", { "main runs": "SIGTERM" });
  expect(stderr).toContain("clean-up took longer than 10 ms, and was abandoned: defer #0 (answerRequests).");
  expect(code).toBe(143);
});

it("a clean-up that fails hides neither the interruption nor itself", async () => {
  const { code, stderr } = await run("uncleanAfterSignal", { "main runs": "SIGINT" });
  expect(stderr).toContain("interrupted by SIGINT");
  expect(stderr).toMatch(/Error: the store is stuck\n +at /);
  expect(code).toBe(130);
});

it("a clean-up that fails hides neither the first error nor itself", async () => {
  const { code, stderr } = await run("uncleanAfterError");
  expect(stderr).toMatch(/Error: main is broken\n +at /);
  expect(stderr).toMatch(/Error: the store is stuck\n +at /);
  expect(code).toBe(1);
});

it("a run that succeeds exits with 0", async () => {
  expect(await run("well")).toEqual({
    code: 0,
    killedBy: null,
    lines: ["closing store", "closed store", "result 1,2"],
    stderr: "",
  });
});

it("a program that nothing can continue cleans up, and fails with an error that says so", async () => {
  const { code, lines, stderr } = await run("lost");
  expect({ code, lines }).toEqual({ code: 1, lines: ["saved", "closing store", "closed store"] });
  expect(stderr).toContain("Error: the run cannot continue: it waits for what never happens");
  expect(stderr).toContain(
    "the process ends, as nothing keeps it alive, and this still waits:\n  pages (4 workers): 1 running",
  );
  expect(stderr).toContain("1 job(s) ignored the abort for 10 ms and were abandoned: index 0");
});
