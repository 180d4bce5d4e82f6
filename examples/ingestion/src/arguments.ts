import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const usage = `Usage: npm start -- [options]

Embeds the Markdown and text files of a folder into PostgreSQL with pgvector: unchanged documents are
skipped, and the work of a killed run is not repeated.

  --folder <path>      where to look for *.md and *.txt (default: this repository)
  --provider <name>    local (default, no key needed), fake, heroku or isaacus
  --workers <n>        concurrent requests (default 4)
  --query <text>       a question to answer from the store at the end; may be repeated
  --store <path>       the directory of the embedded database (default: .store in this example)
  --help

DATABASE_URL in the environment names a PostgreSQL server with pgvector to use instead of --store.`;

/** A usage error: printed as one line. */
export class UsageError extends Error {}

const providers = ["local", "fake", "heroku", "isaacus"] as const;
export type ProviderName = (typeof providers)[number];

export interface Arguments {
  readonly help: boolean;
  readonly folder: string;
  readonly provider: ProviderName;
  readonly workers: number | undefined;
  readonly queries: readonly string[];
  readonly store: string;
}

const folderOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export function readArguments(args: string[]): Arguments {
  const { help = false, folder, provider = "local", workers, query = [], store } = parse(args);
  if (!isProvider(provider)) {
    throw new UsageError(`--provider must be one of ${providers.join(", ")}, not "${provider}"`);
  }
  if (query.some((text) => text.trim() === "")) {
    throw new UsageError("--query must be a question, not blank");
  }
  if (folder === "" || store === "") throw new UsageError("--folder and --store must be paths, not empty");
  return {
    help,
    folder: folder ?? folderOf("../../../"),
    provider,
    workers: readCount("--workers", workers),
    queries: query,
    store: store ?? folderOf("../.store/"),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h" },
        folder: { type: "string" },
        provider: { type: "string" },
        workers: { type: "string" },
        query: { type: "string", multiple: true, short: "q" },
        store: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ", 1)[0]}; --help lists the options`);
  }
}

function isProvider(name: string): name is ProviderName {
  return (providers as readonly string[]).includes(name);
}

function readCount(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (value.trim() === "" || !Number.isSafeInteger(count) || count < 1) {
    throw new UsageError(`${option} must be a whole number from 1, not "${value}"`);
  }
  return count;
}
