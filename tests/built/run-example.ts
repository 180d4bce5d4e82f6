import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

const node = resolve("node_modules/.bin/node");

/** An environment without anybody's keys. */
const { PATH, HOME } = process.env;

/** Starts `examples/<name>` as a process of its own. */
export function startExample(example: string, env: Record<string, string> = {}, args: string[] = []) {
  const main = resolve(`examples/${example}/src/main.ts`);
  const child = spawn(node, [main, ...args], { env: { PATH, HOME, NO_COLOR: "1", ...env } });
  const printed = { stdout: "", stderr: "" };
  child.stdout.on("data", (part: Buffer) => (printed.stdout += part.toString()));
  child.stderr.on("data", (part: Buffer) => (printed.stderr += part.toString()));
  return { child, printed };
}

/** Runs it to its end. */
export async function runExample(example: string, env?: Record<string, string>, args?: string[]) {
  const { child, printed } = startExample(example, env, args);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...printed };
}
