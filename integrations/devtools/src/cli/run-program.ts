import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { checkPrices } from "@llx/support";
import type { DevtoolsRecord } from "../record/devtools-record.ts";
import { RecordLog } from "../record/record-log.ts";
import { DevtoolsServer } from "../server/devtools-server.ts";
import { type RunCommand, UsageError } from "./arguments.ts";
import { loadedFile, variables } from "./child-settings.ts";
import { MergedRecord } from "./merged-record.ts";
import { openBrowser } from "./open-browser.ts";

/** How often the lines of the processes are collected, in milliseconds. */
const interval = 100;

/** After how long it is said that no process of the program can be recorded, in milliseconds; at its end in any case. */
const longestStart = 5_000;

/** How a program ended. */
interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Runs a program and shows or records what it does. Its input and output are those of this process, and so are its exit code or
 * the signal that ended it.
 *
 * @param preload the address of the module that each of its processes loads first
 * @throws UsageError for files that cannot be read or written, a port that cannot be used, a command that cannot be run
 */
export async function runProgram(command: RunCommand, preload: string): Promise<Ending> {
  const prices = readPrices(command.prices);
  const folder = mkdtempSync(join(tmpdir(), "llx-devtools-"));
  try {
    const log = createLog(command.record ?? join(folder, "record.all"));
    if (prices !== undefined) log.add({ kind: "prices", prices });
    const server =
      command.record === undefined ? new DevtoolsServer({ current: () => log }, true) : undefined;
    if (server !== undefined) await show(server, command, folder);
    const ending = await runChild(command, preload, folder, log);
    if (server !== undefined && !command.exits) {
      const how = ending.signal ?? `exit code ${ending.code}`;
      say(`the program has ended (${how}). Its page stays until you press Ctrl-C.`);
      await interrupted();
    }
    await server?.close();
    log.close();
    return ending;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts a server, and says where. */
export async function show(
  server: DevtoolsServer,
  { port, opens }: { readonly port: number; readonly opens: boolean },
  folder: string,
): Promise<void> {
  let address: string;
  try {
    address = await server.listen(port);
  } catch (error) {
    throw new UsageError(
      `port ${port} cannot be used (${codeOf(error)}); choose another with --port, or none for any that is free`,
    );
  }
  say(address);
  if (opens) openBrowser(address, folder);
}

export function say(line: string): void {
  process.stderr.write(`devtools: ${line}\n`);
}

/** Resolves when the person presses Ctrl-C, or the process is told to end. */
export async function interrupted(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, resolve);
  await promise;
}

function createLog(path: string): RecordLog {
  try {
    return new RecordLog(path);
  } catch (error) {
    throw new UsageError(`the record ${path} cannot be written (${codeOf(error)})`);
  }
}

function readPrices(
  path: string | undefined,
): Record<string, { input: number; output?: number }> | undefined {
  if (path === undefined) return undefined;
  let prices: unknown;
  try {
    prices = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : codeOf(error);
    throw new UsageError(`the prices ${path} cannot be read (${why})`);
  }
  try {
    checkPrices(prices);
  } catch (error) {
    throw new UsageError(`the prices ${path}: ${(error as Error).message}`);
  }
  return prices as Record<string, { input: number; output?: number }>;
}

async function runChild(
  { command, parameters, full, stallAfter, detectDeadlocks }: RunCommand,
  preload: string,
  folder: string,
  log: RecordLog,
): Promise<Ending> {
  const merged = new MergedRecord(folder, log);
  const withPreload = (before: string | undefined): string =>
    `${before ? `${before} ` : ""}--import=${preload}`;
  const child = spawn(command, parameters, {
    stdio: "inherit",
    env: {
      ...process.env,
      NODE_OPTIONS: withPreload(process.env["NODE_OPTIONS"]),
      BUN_OPTIONS: withPreload(process.env["BUN_OPTIONS"]),
      [variables.folder]: folder,
      [variables.full]: full ? "1" : "",
      [variables.stallAfter]: String(stallAfter),
      ...(detectDeadlocks && { LLX_DETECT_DEADLOCKS: "1" }),
    },
  });
  const stop = passSignals(child);
  let isSilent = true;
  const warnIfNotLoaded = (): void => {
    if (!isSilent || existsSync(join(folder, loadedFile))) return;
    isSilent = false;
    say(
      "nothing of the program can be seen: only Node.js and Bun load what records it; elsewhere, use DevtoolsHandler in its code",
    );
  };
  const warning = setTimeout(warnIfNotLoaded, longestStart);
  let timer: NodeJS.Timeout | undefined;
  const collect = (): void => {
    try {
      merged.update();
    } catch (error) {
      // A full disk must not end the program.
      say(`the record ends here, as it cannot be written any more (${codeOf(error)}); the program continues`);
      clearInterval(timer);
      merged.close();
      log.close();
    }
  };
  timer = setInterval(collect, interval);
  try {
    const ending = await endingOf(child, command);
    if (log.isOpen) collect();
    warnIfNotLoaded();
    const code = ending.signal ?? ending.code ?? 0;
    log.add({ kind: "exit", time: Date.now(), code } satisfies DevtoolsRecord);
    return ending;
  } finally {
    clearInterval(timer);
    clearTimeout(warning);
    merged.close();
    stop();
  }
}

function endingOf(child: ChildProcess, command: string): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.on("error", (error) =>
      reject(
        new UsageError(`${basename(command)} cannot be run (${codeOf(error)}): is it installed and in PATH?`),
      ),
    );
    child.on("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** A terminal sends Ctrl-C to both processes: twice would mean more to some programs. Others reach only this one. */
function passSignals(child: ChildProcess): () => void {
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const pass = (signal: NodeJS.Signals): void => {
    if (signal !== "SIGINT" || !hasTerminal) child.kill(signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2"] as const;
  const passed = signals.filter((signal) => signal in constants.signals);
  for (const signal of passed) process.on(signal, pass);
  return () => {
    for (const signal of passed) process.off(signal, pass);
  };
}

/** The code of an error of the system, such as `ENOENT`. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
