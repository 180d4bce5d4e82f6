import type * as cliProgress from "cli-progress";
import { BarProgress } from "./bar-progress.ts";
import { PlainProgress } from "./plain-progress.ts";
import type { Progress } from "./progress.ts";

type CliProgress = typeof cliProgress;

/** Bars on stderr if it is a terminal and `cli-progress` is installed; otherwise occasional plain lines. */
export async function terminalProgress(): Promise<Progress> {
  // A dumb terminal cannot move its cursor.
  if (!process.stderr.isTTY || process.env["TERM"] === "dumb") return new PlainProgress();
  const library = await loadLibrary();
  return library ? new BarProgress(library) : new PlainProgress();
}

/** `undefined` if it is not installed, or is not the expected library. */
async function loadLibrary(): Promise<CliProgress | undefined> {
  try {
    const module = (await import("cli-progress")) as CliProgress & { default?: CliProgress };
    const library = module.default ?? module;
    return typeof library.MultiBar === "function" ? library : undefined;
  } catch {
    return undefined;
  }
}
