import { inspect } from "node:util";
import { expect, it } from "vitest";
import { connectionCause } from "./connection-cause.ts";

const redact = (words: string): string => words.replaceAll("secret", "***");

it("keeps name, message and code of an error, and nothing else of it", () => {
  const inner = Object.assign(new Error("inner secret"), { headers: "secret" });
  const error = Object.assign(new TypeError("not HTTP: secret", { cause: inner }), {
    code: "HPE_INVALID_CONSTANT",
    data: "secret",
  });
  const cause = connectionCause(error, redact);
  expect(cause).toMatchObject({ name: "TypeError", message: "not HTTP: ***", code: "HPE_INVALID_CONSTANT" });
  expect(cause.cause).toMatchObject({ name: "Error", message: "inner ***" });
  expect(inspect(cause, { depth: 9, showHidden: true })).not.toContain("secret");
});

it("lists the error of each address that was tried", () => {
  const error = new AggregateError([new Error("refused ::1"), new Error("refused 127.0.0.1")], "");
  expect(connectionCause(error, redact).message).toBe("refused ::1; refused 127.0.0.1");
});

it("accepts values that are not errors, and cyclic causes", () => {
  expect(connectionCause("secret", redact).message).toBe("it failed without an error");
  const circle = new Error("round");
  circle.cause = circle;
  expect(connectionCause(circle, redact).message).toBe("round");
});
