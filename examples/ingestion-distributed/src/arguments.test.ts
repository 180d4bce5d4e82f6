import { expect, it } from "vitest";
import { readArguments, UsageError } from "./arguments.ts";

const env = { DATABASE_URL: "postgres://localhost/llx" };

it("reads its options", () => {
  expect(readArguments(["--folder", "/texts", "--processes", "3"], env)).toEqual({
    help: false,
    folder: "/texts",
    processes: 3,
    kill: false,
    url: "postgres://localhost/llx",
  });
  expect(readArguments(["--help"], {}).help).toBe(true);
});

it("starts a server without DATABASE_URL, and kills a worker there, or where it is told to", () => {
  expect(readArguments([], { DATABASE_URL: " " })).toMatchObject({ url: undefined, kill: true });
  expect(readArguments(["--no-kill"], {})).toMatchObject({ url: undefined, kill: false });
  expect(readArguments(["--kill"], env)).toMatchObject({ kill: true });
});

it.each([
  [["--processes", "0"], '--processes must be a whole number from 1 to 99, not "0"'],
  [["--processes", "many"], 'not "many"'],
  [["--worker", "1"], "--help lists the options"],
])("refuses %j in one line", (args, message) => {
  const read = (): unknown => readArguments(args, env);
  expect(read).toThrow(UsageError);
  expect(read).toThrow(message);
});
