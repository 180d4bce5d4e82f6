import { expect, it } from "vitest";
import { shownMessage } from "./shown-message.ts";

const same = (message: string): string => message;

it.each([
  ["the model 'tulip-1' is unknown", "the model 'tulip-1' is unknown"],
  ['cannot embed "some private words" today', "cannot embed […] today"],
  ["cannot embed 'some private words', nor `these either`", "cannot embed […], nor […]"],
  ['a "quoted \\" mark" within', "a […] within"],
  ['one "word" and "another" one', 'one "word" and "another" one'],
  ["it isn't the account's 'own key', is it", "it isn't the account's […], is it"],
  ["two\n  lines ", "two lines"],
  ["x".repeat(400), `${"x".repeat(299)}…`],
  [undefined, ""],
  [{ message: "a" }, ""],
])("%s is shown as %s", (message, shown) => {
  expect(shownMessage(message, same)).toBe(shown);
});

it("removes keys first", () => {
  expect(shownMessage("key k-1 is wrong", (message) => message.replace("k-1", "[redacted]"))).toBe(
    "key [redacted] is wrong",
  );
});
