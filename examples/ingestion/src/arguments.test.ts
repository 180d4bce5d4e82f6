import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readArguments, UsageError } from "./arguments.ts";

describe("the arguments", () => {
  it("have defaults that need no key and no server", () => {
    expect(readArguments([])).toEqual({
      help: false,
      folder: `${resolve(".")}/`,
      provider: "local",
      workers: undefined,
      queries: [],
      store: `${resolve("examples/ingestion/.store")}/`,
    });
  });

  it("are read", () => {
    const args = [
      "--folder",
      "docs",
      "--provider",
      "fake",
      "--workers",
      "3",
      "--store=s",
      "-q",
      "a",
      "-q",
      "b",
    ];
    expect(readArguments([...args, "--help"])).toEqual({
      help: true,
      folder: "docs",
      provider: "fake",
      workers: 3,
      queries: ["a", "b"],
      store: "s",
    });
  });

  it.each([
    [["--workers", "0"], '--workers must be a whole number from 1, not "0"'],
    [["--workers", "1.5"], '--workers must be a whole number from 1, not "1.5"'],
    [["--workers", ""], '--workers must be a whole number from 1, not ""'],
    [["--provider", "acme"], '--provider must be one of local, fake, heroku, isaacus, not "acme"'],
    [["--query", " "], "--query must be a question, not blank"],
    [["--store", ""], "--folder and --store must be paths, not empty"],
    [["--nonsense"], "Unknown option '--nonsense'; --help lists the options"],
    [["docs"], "Unexpected argument 'docs'; --help lists the options"],
  ])("%j is a mistake, told in one line", (args, message) => {
    expect(() => readArguments(args)).toThrow(new UsageError(message));
  });
});
