import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const node = resolve("node_modules/.bin/node");

/** An environment without keys. */
const { PATH, HOME } = process.env;

interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Milliseconds, then it is ended. Default: no limit. */
  readonly timeout?: number;
}

/** Starts a program as a process of its own. */
function startProgram(path: string, { env, args = [], timeout }: ProgramOptions = {}) {
  const child = spawn(node, [resolve(path), ...args], {
    env: { PATH, HOME, NO_COLOR: "1", ...env },
    ...(timeout !== undefined && { timeout }),
  });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (part: Buffer) => (printed.stdout += part.toString()));
  child.stderr.on("data", (part: Buffer) => (printed.stderr += part.toString()));
  return { child, printed };
}

/** Runs it to its end. */
export async function runProgram(path: string, options?: ProgramOptions) {
  const { child, printed } = startProgram(path, options);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...printed };
}

const mainOf = (example: string): string => `examples/${example}/src/main.ts`;

/** Starts `examples/<name>`. */
export function startExample(example: string, env: Record<string, string> = {}, args: string[] = []) {
  return startProgram(mainOf(example), { env, args });
}

/** Runs it to its end. */
export function runExample(example: string, env: Record<string, string> = {}, args: string[] = []) {
  return runProgram(mainOf(example), { env, args });
}
