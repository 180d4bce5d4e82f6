import { expect, it } from "vitest";
import { readArguments, UsageError } from "./arguments.ts";

const env = { DATABASE_URL: "postgres://localhost/llx" };

it("reads its options", () => {
  expect(readArguments(["--folder", "/texts", "--processes", "3"], env)).toEqual({
    help: false,
    folder: "/texts",
    processes: 3,
    url: "postgres://localhost/llx",
  });
  expect(readArguments(["--help"], {}).help).toBe(true);
});

it.each([
  [[], {}, "several processes need a PostgreSQL server: name it in DATABASE_URL"],
  [[], { DATABASE_URL: " " }, "name it in DATABASE_URL"],
  [["--processes", "0"], env, '--processes must be a whole number from 1 to 99, not "0"'],
  [["--processes", "many"], env, 'not "many"'],
  [["--worker", "1"], env, "--help lists the options"],
])("refuses %j with %j in one line", (args, given, message) => {
  const read = (): unknown => readArguments(args, given);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});
