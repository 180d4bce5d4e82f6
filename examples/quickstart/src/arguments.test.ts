import { describe, expect, it } from "vitest";
import { readArguments, UsageError } from "./arguments.ts";

describe("the arguments", () => {
  it("have defaults", () => {
    expect(readArguments([])).toEqual({
      help: false,
      folder: undefined,
      queries: undefined,
      provider: "local",
      workers: undefined,
      passages: 800,
      dryRun: false,
      trace: undefined,
    });
  });

  it("are read", () => {
    const args = [
      "docs",
      "--query",
      "a",
      "--query=b",
      "--provider",
      "heroku",
      "--workers",
      "3",
      "--passages",
      "10",
    ];
    expect(readArguments([...args, "--trace", "t.json", "--dry-run"])).toEqual({
      help: false,
      folder: "docs",
      queries: ["a", "b"],
      provider: "heroku",
      workers: 3,
      passages: 10,
      dryRun: true,
      trace: "t.json",
    });
  });

  it.each([
    [["--workers", "0"], '--workers must be a whole number from 1 to 64, not "0"'],
    [["--workers", "two"], '--workers must be a whole number from 1 to 64, not "two"'],
    [["--workers", ""], '--workers must be a whole number from 1 to 64, not ""'],
    [["--workers", "100000"], '--workers must be a whole number from 1 to 64, not "100000"'],
    [["--passages", "1.5"], '--passages must be a whole number of at least 1, not "1.5"'],
    [["--provider", "acme"], '--provider must be one of local, openai, heroku, isaacus, not "acme"'],
    [["a", "b"], "expected one folder, not 2: a, b"],
    [["--query", " "], "--query must be a question, not blank"],
    [["--devtools"], "--devtools is for npm start; another program is shown by: npx devtools node <file>"],
    [["--nonsense"], "Unknown option '--nonsense'; --help lists the options"],
  ])("%j is a UsageError in one line", (args, message) => {
    expect(() => readArguments(args)).toThrow(new UsageError(message));
  });
});
