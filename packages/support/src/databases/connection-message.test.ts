import { expect, it } from "vitest";
import { connectionMessage } from "./connection-message.ts";

it.each([
  [new Error("timed out"), "timed out"],
  [new RangeError(), "RangeError"],
  [
    new AggregateError([
      new Error("connect ECONNREFUSED ::1:1"),
      new Error("connect ECONNREFUSED 127.0.0.1:1"),
    ]),
    "connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1",
  ],
  [new AggregateError([new Error("one")], "no server"), "no server"],
  ["gone", "gone"],
])("of %o is %j", (error, message) => {
  expect(connectionMessage(error)).toBe(message);
});
