import { formats, type Format } from "../convert/write-as.ts";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** What is wrong with the command line, in one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

interface PageOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** Whether the browser is told to open the page. */
  readonly opens: boolean;
}

/** A program is run. */
export interface RunCommand extends PageOptions {
  readonly name: "run";
  readonly command: string;
  readonly parameters: readonly string[];
  /** The file to write, in place of a page. */
  readonly record: string | undefined;
  readonly full: boolean;
  readonly detectDeadlocks: boolean;
  readonly stallAfter: number;
  /** A JSON file with the prices of models. */
  readonly prices: string | undefined;
  /** Whether the page ends with the program. */
  readonly exits: boolean;
}

/** A record is shown. */
export interface OpenCommand extends PageOptions {
  readonly name: "open";
  readonly file: string;
}

/** A file is written in another format. */
export interface ConvertCommand {
  readonly name: "convert";
  readonly format: Format;
  readonly file: string;
  readonly target: string;
}

/** What the command line asks for. */
export type Command =
  | RunCommand
  | OpenCommand
  | ConvertCommand
  | { readonly name: "help" }
  | { readonly name: "version" };

const options = {
  port: { type: "string" },
  record: { type: "string" },
  prices: { type: "string" },
  "stall-after": { type: "string" },
  full: { type: "boolean" },
  "detect-deadlocks": { type: "boolean" },
  "no-open": { type: "boolean" },
  exit: { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean" },
} as const satisfies ParseArgsOptionsConfig;

export const help: string = `Shows what an async program does while it runs, on a page of this machine.

  devtools [options] <command> [arguments]   runs it and shows it: devtools node my-script.js
  devtools [options] open <file>             shows a record, OTLP/JSON, or a Chrome trace
  devtools convert <format> <file> <target>  writes one as "record", "otlp" or "chrome"

  --record <file>       writes a record, and shows no page
  --port <number>       the port of the page; any that is free by default
  --no-open             does not open the browser
  --exit                ends with the program, without waiting for Ctrl-C
  --full                texts and prompts too, not only counts, names and errors
  --prices <file>       JSON: {"model": {"input": 0.02, "output": 0}}, for 1,000,000 tokens
  --stall-after <ms>    after how long without movement it is a stall; 10000 by default
  --detect-deadlocks    finds deadlocks of all semaphores, and makes promises slower
  --version, --help
`;

/**
 * Reads the command line. Options end at the first word that is none: what follows belongs to the program.
 *
 * @throws UsageError
 */
export function readArguments(words: readonly string[]): Command {
  const { own, rest, isOwn } = splitAtCommand(words);
  const values = parse(own);
  if (values.help) return { name: "help" };
  if (values.version) return { name: "version" };
  const [command, ...parameters] = rest;
  if (command === undefined) {
    throw new UsageError("there is no command to run, as in: devtools node my-script.js (see --help)");
  }
  const page: PageOptions = {
    port: wholeNumber("port", values.port, 0, 65_535) ?? 0,
    opens: !values["no-open"],
  };
  if (command === "convert" && !isOwn) return convertCommand(parameters);
  if (command === "open" && !isOwn) return openCommand(parameters, page);
  return {
    ...page,
    name: "run",
    command,
    parameters,
    record: values.record,
    full: values.full ?? false,
    detectDeadlocks: values["detect-deadlocks"] ?? false,
    stallAfter: wholeNumber("stall-after", values["stall-after"], 1, 2 ** 31 - 1) ?? 10_000,
    prices: values.prices,
    exits: values.exit ?? false,
  };
}

function openCommand(parameters: readonly string[], page: PageOptions): OpenCommand {
  const [file, ...more] = parameters.filter((word) => word !== "--no-open");
  if (file === undefined)
    throw new UsageError("open needs the file of a record, as in: devtools open run.ndjson");
  if (more.length > 0) {
    throw new UsageError(
      `open shows one record, not ${more.length + 1}; options come before it: ${more.join(" ")}`,
    );
  }
  return { ...page, name: "open", file, opens: page.opens && !parameters.includes("--no-open") };
}

function convertCommand(parameters: readonly string[]): ConvertCommand {
  const [given, file, target, ...more] = parameters;
  const format = formats.find((each) => each === given);
  if (format === undefined || file === undefined || target === undefined || more.length > 0) {
    throw new UsageError(
      `convert needs a format (${formats.join(", ")}), a file and a target, as in: devtools convert chrome run.ndjson trace.json`,
    );
  }
  return { name: "convert", format, file, target };
}

/** @returns `isOwn`: after `--`, the command is one of the person's own, whatever its name */
function splitAtCommand(words: readonly string[]): { own: string[]; rest: string[]; isOwn: boolean } {
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === "--") return { own: words.slice(0, index), rest: words.slice(index + 1), isOwn: true };
    if (!word.startsWith("-")) return { own: words.slice(0, index), rest: words.slice(index), isOwn: false };
    const name = word.slice(2);
    const takesValue =
      Object.hasOwn(options, name) && options[name as keyof typeof options].type === "string";
    if (takesValue) index++;
  }
  return { own: [...words], rest: [], isOwn: false };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (error) {
    const [sentence] = (error as Error).message.split(". ");
    throw new UsageError(`${sentence} (see --help)`);
  }
}

function wholeNumber(name: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(
      `--${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`,
    );
  }
  return value;
}
