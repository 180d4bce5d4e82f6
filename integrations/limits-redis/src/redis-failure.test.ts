import { expect, it } from "vitest";
import { redisFailure } from "./redis-failure.ts";

it("keeps the message and the code of a library's error, and nothing else", () => {
  const theirs = Object.assign(new Error("no route for s%40cret, or s@cret"), {
    code: "EHOSTUNREACH",
    command: { name: "auth", args: ["s@cret"] },
  });
  const failure = redisFailure(theirs, "redis://me:s%40cret@host");
  expect(failure).toMatchObject({ message: "no route for [redacted], or [redacted]", code: "EHOSTUNREACH" });
  expect(Object.keys(failure)).toEqual(["code"]);
  expect(failure.cause).toBeUndefined();
});

it("shows the errors of all addresses that were tried", () => {
  const tried = new AggregateError([new Error("refused ::1"), new Error("refused 127.0.0.1")], "");
  expect(redisFailure(tried, undefined).message).toBe("refused ::1; refused 127.0.0.1");
});
