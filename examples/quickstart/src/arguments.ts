import { parseArgs } from "node:util";

/** A service refuses more, and the processors of this machine are busy long before. */
const mostWorkers = 64;

export const usage = `Usage: npm start -- [folder] [options]

Embeds the Markdown files of a folder and answers questions about them.

  folder               where to look for *.md
                       (default: this repository and its dependencies)
  --query <text>       a question; can be given several times
  --provider <name>    local (default, no key needed), openai, heroku or isaacus
  --workers <n>        how many requests run at once, from 1 to ${mostWorkers}
  --passages <n>       how many passages to embed at most (default 800)
  --dry-run            send nothing; print how many requests, tokens, seconds
                       and dollars it would be
  --trace <file>       write the trace as a file for Perfetto or speedscope
  --devtools           show it on a live page of this machine, until Ctrl-C
  --help`;

/** The caller's mistake: reported in one line. */
export class UsageError extends Error {}

const providers = ["local", "openai", "heroku", "isaacus"] as const;
export type ProviderName = (typeof providers)[number];

export interface Arguments {
  readonly help: boolean;
  readonly folder: string | undefined;
  readonly queries: readonly string[] | undefined;
  readonly provider: ProviderName;
  readonly workers: number | undefined;
  readonly passages: number;
  readonly dryRun: boolean;
  readonly trace: string | undefined;
}

export function readArguments(args: string[]): Arguments {
  const { values, positionals } = parse(args);
  const [folder, ...more] = positionals;
  if (more.length > 0)
    throw new UsageError(`expected one folder, not ${positionals.length}: ${positionals.join(", ")}`);
  if (values.devtools) {
    throw new UsageError(
      "--devtools is for npm start; another program is shown by: npx devtools node <file>",
    );
  }
  const { provider = "local" } = values;
  if (!isProvider(provider)) {
    throw new UsageError(`--provider must be one of ${providers.join(", ")}, not "${provider}"`);
  }
  if (values.query?.some((query) => query.trim() === "")) {
    throw new UsageError("--query must be a question, not blank");
  }
  return {
    help: values.help ?? false,
    folder,
    queries: values.query,
    provider,
    workers: readCount("--workers", values.workers, mostWorkers),
    passages: readCount("--passages", values.passages) ?? 800,
    dryRun: values["dry-run"] ?? false,
    trace: values.trace,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        query: { type: "string", multiple: true, short: "q" },
        provider: { type: "string" },
        workers: { type: "string" },
        passages: { type: "string" },
        "dry-run": { type: "boolean" },
        trace: { type: "string" },
        devtools: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ", 1)[0]}; --help lists the options`);
  }
}

function isProvider(name: string): name is ProviderName {
  return (providers as readonly string[]).includes(name);
}

function readCount(option: string, value: string | undefined, most = Infinity): number | undefined {
  if (value === undefined) return undefined;
  const count = Number(value);
  if (value.trim() === "" || !Number.isSafeInteger(count) || count < 1 || count > most) {
    const range = most === Infinity ? "of at least 1" : `from 1 to ${most}`;
    throw new UsageError(`${option} must be a whole number ${range}, not "${value}"`);
  }
  return count;
}
