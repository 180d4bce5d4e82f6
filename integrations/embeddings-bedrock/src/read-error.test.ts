import { expect, it } from "vitest";
import { readError } from "./read-error.ts";

it("says what to do where the model may not be used", () => {
  expect(readError({ message: "You don't have access to the model with the specified model ID." })).toBe(
    "You don't have access to the model with the specified model ID. (request access to the model for this account " +
      "and region in the Bedrock console, and allow bedrock:InvokeModel on it)",
  );
});

it.each([{ message: "Too many requests" }, { Message: "no" }, { message: 5 }, {}, "<html>", 5, null])(
  "leaves %j to the client",
  (body) => {
    expect(readError(body)).toBeUndefined();
  },
);
