import { expect, it } from "vitest";
import { waitInMessage } from "./wait-in-message.ts";

it.each([
  ["Please try again in 1.2s.", 1200],
  ["Please try again in 86ms. Visit https://a.example", 86],
  ["Please try again in 7m12s.", 432_000],
  ["Please try again in 9m38.016s.", 578_016],
  ["Try again in 20 seconds.", 20_000],
  ["Please retry in 34.4s.", 34_400],
  ["Please retry after 59 seconds", 59_000],
  ["retry your request after 1 minute", 60_000],
  ["Please wait 2 hours and 5 minutes.", 7_500_000],
  ["Your limit resets in 1d2h", 93_600_000],
  ["Out of call volume quota. Quota will be replenished in 01:23:45.", 5_025_000],
  ["Retrying in 0.0001s", 1],
  ["wait, 3 retries; try again in 4 sec", 4000],
  ["Try again later. The limit is 5 s", undefined],
  ["try again in 5 steps", undefined],
  ["retry after 3 times", undefined],
  ["try again in 0s", undefined],
  ["try again in 99999999999 days", undefined],
  ["within 20 seconds", undefined],
  ["", undefined],
])("reads the wait of %j", (words, milliseconds) => {
  expect(waitInMessage(words)).toBe(milliseconds);
});
