import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const usage = `Usage: npm start -- [options]

Embeds the Markdown and text files of a folder with several processes, over a queue in PostgreSQL.

  --folder <path>      where to look for *.md and *.txt (default: docs/ of this repository)
  --processes <n>      how many worker processes to start (default 3)
  --kill               kill a worker on the way, to see that nothing is lost (default without DATABASE_URL)
  --no-kill
  --help

DATABASE_URL in the environment names the PostgreSQL server. Without it, a server is started for this run.`;

/** A usage error: printed as one line. */
export class UsageError extends Error {}

export interface Arguments {
  readonly help: boolean;
  readonly folder: string;
  readonly processes: number;
  /** Whether to kill a worker on the way. */
  readonly kill: boolean;
  /** Of the PostgreSQL server, if it is not one for this run. */
  readonly url: string | undefined;
}

/** @throws UsageError for invalid arguments */
export function readArguments(args: string[], env: NodeJS.ProcessEnv): Arguments {
  const { help = false, folder, processes = "3", kill } = parse(args);
  const url = env["DATABASE_URL"]?.trim() || undefined;
  if (!/^[1-9]\d?$/.test(processes)) {
    throw new UsageError(`--processes must be a whole number from 1 to 99, not "${processes}"`);
  }
  return {
    help,
    folder: folder === undefined ? fileURLToPath(new URL("../../../docs", import.meta.url)) : resolve(folder),
    processes: Number(processes),
    kill: kill ?? url === undefined,
    url,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowNegative: true,
      options: {
        help: { type: "boolean", short: "h" },
        folder: { type: "string" },
        processes: { type: "string" },
        kill: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ", 1)[0]}; --help lists the options`);
  }
}
