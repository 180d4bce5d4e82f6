import { expect, it } from "vitest";
import { timerDelay } from "./timer-delay.ts";

it.each([
  [250, 250],
  [-0.6, 0],
  [2_147_483_648, 2_147_483_647],
  [Number.POSITIVE_INFINITY, 2_147_483_647],
])("of %d is %d, which a timer takes without a warning", (milliseconds, delay) => {
  expect(timerDelay(milliseconds)).toBe(delay);
});
