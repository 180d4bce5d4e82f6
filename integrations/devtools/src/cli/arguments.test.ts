import { describe, expect, it } from "vitest";
import { readArguments, UsageError } from "./arguments.ts";

const run = {
  name: "run",
  port: 0,
  opens: true,
  record: undefined,
  full: false,
  detectDeadlocks: false,
  stallAfter: 10_000,
  prices: undefined,
  exits: false,
};

describe("readArguments", () => {
  it("gives everything after the command to the program", () => {
    expect(readArguments(["--port", "4777", "node", "--port", "1", "my.js", "--full"])).toEqual({
      ...run,
      port: 4777,
      command: "node",
      parameters: ["--port", "1", "my.js", "--full"],
    });
  });

  it("reads its own options", () => {
    const words =
      "--record=run.ndjson --full --detect-deadlocks --stall-after 500 --prices p.json --no-open --exit tsx a.ts";
    expect(readArguments(words.split(" "))).toEqual({
      ...run,
      record: "run.ndjson",
      full: true,
      detectDeadlocks: true,
      stallAfter: 500,
      prices: "p.json",
      opens: false,
      exits: true,
      command: "tsx",
      parameters: ["a.ts"],
    });
  });

  it("ends its own options at --", () => {
    expect(readArguments(["--", "open", "x"])).toMatchObject({
      name: "run",
      command: "open",
      parameters: ["x"],
    });
  });

  it("opens a record", () => {
    expect(readArguments(["open", "run.ndjson"])).toEqual({
      name: "open",
      file: "run.ndjson",
      port: 0,
      opens: true,
    });
    expect(readArguments(["open", "run.ndjson", "--no-open"])).toMatchObject({ opens: false });
  });

  it("converts a file", () => {
    expect(readArguments(["convert", "otlp", "run.ndjson", "spans.json"])).toEqual({
      name: "convert",
      format: "otlp",
      file: "run.ndjson",
      target: "spans.json",
    });
  });

  it("knows --help and --version", () => {
    expect(readArguments(["-h"])).toEqual({ name: "help" });
    expect(readArguments(["--version"])).toEqual({ name: "version" });
  });

  it.each([
    [[], "there is no command to run, as in: devtools node my-script.js (see --help)"],
    [["--prot", "1", "node"], "Unknown option '--prot' (see --help)"],
    [["--port"], "Option '--port <value>' argument missing (see --help)"],
    [["--port", "x", "node"], '--port must be a whole number from 0 to 65535, not "x"'],
    [["--port=", "node"], '--port must be a whole number from 0 to 65535, not ""'],
    [["--port", "65536", "node"], '--port must be a whole number from 0 to 65535, not "65536"'],
    [["--stall-after", "0", "node"], '--stall-after must be a whole number from 1 to 2147483647, not "0"'],
    [
      ["convert", "xml", "a", "b"],
      "convert needs a format (record, otlp, chrome), a file and a target, as in: devtools convert chrome run.ndjson trace.json",
    ],
    [["open"], "open needs the file of a record, as in: devtools open run.ndjson"],
    [["open", "a", "b"], "open shows one record, not 2; options come before it: b"],
  ])("says in one line what is wrong with %j", (words, message) => {
    expect(() => readArguments(words)).toThrow(new UsageError(message));
    expect(message).not.toContain("\n");
  });
});
