#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { help, readArguments, UsageError } from "./cli/arguments.ts";
import { convert, openRecord } from "./cli/open-record.ts";
import { runProgram } from "./cli/run-program.ts";

void main();

async function main(): Promise<void> {
  try {
    const command = readArguments(process.argv.slice(2));
    if (command.name === "help") process.stdout.write(help);
    else if (command.name === "version") process.stdout.write(`${version()}\n`);
    else if (command.name === "open") await openRecord(command);
    else if (command.name === "convert") await convert(command);
    else {
      const { code, signal } = await runProgram(command, new URL("preload.js", import.meta.url).href);
      endLike(code, signal);
      return;
    }
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`devtools: ${error.message}\n`);
    process.exit(2);
  }
}

/** Ends as the program did: what has started this process sees no difference. */
function endLike(code: number | null, signal: NodeJS.Signals | null): void {
  if (signal === null) process.exit(code ?? 0);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
