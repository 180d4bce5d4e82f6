import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const usage = `Usage: npm start -- [options]

Embeds the Markdown and text files of a folder with several processes, over a queue in PostgreSQL.

  --folder <path>      where to look for *.md and *.txt (default: docs/ of this repository)
  --processes <n>      how many worker processes to start (default 2)
  --help

DATABASE_URL in the environment names the PostgreSQL server.`;

/** A usage error: printed as one line. */
export class UsageError extends Error {}

export interface Arguments {
  readonly help: boolean;
  readonly folder: string;
  readonly processes: number;
  readonly url: string;
}

/** @throws UsageError for invalid arguments */
export function readArguments(args: string[], env: NodeJS.ProcessEnv): Arguments {
  const { help = false, folder, processes = "2" } = parse(args);
  const url = env["DATABASE_URL"]?.trim() ?? "";
  if (!help && url === "") {
    throw new UsageError(
      "several processes need a PostgreSQL server: name it in DATABASE_URL, as in " +
        "postgres://user:password@localhost:5432/database; for one process without a server see examples/ingestion",
    );
  }
  if (!/^[1-9]\d?$/.test(processes)) {
    throw new UsageError(`--processes must be a whole number from 1 to 99, not "${processes}"`);
  }
  return {
    help,
    folder: folder === undefined ? fileURLToPath(new URL("../../../docs", import.meta.url)) : resolve(folder),
    processes: Number(processes),
    url,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h" },
        folder: { type: "string" },
        processes: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ", 1)[0]}; --help lists the options`);
  }
}
