import { expect, it } from "vitest";
import { count, duration, money, rate, share, shortPlace } from "./format.ts";

it.each([
  [0.0004, "0 µs"],
  [0.85, "850 µs"],
  [1.234, "1.23 ms"],
  [12.34, "12.3 ms"],
  [123.4, "123 ms"],
  [4_560, "4.56 s"],
  [185_000, "3 min 05 s"],
  [999.6, "1.00 s"],
  [59_996, "1 min 00 s"],
  [3_599_400, "59 min 59 s"],
  [3_599_600, "1 h 00 min"],
  [7_440_000, "2 h 04 min"],
  [Number.NaN, "–"],
])("writes a duration of %s ms as %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

it("writes other figures", () => {
  expect(count(1_234_567)).toBe("1,234,567");
  expect([rate(62.2), rate(0.5), rate(0), rate(undefined)]).toEqual(["62.2/s", "30.0/min", "0.00/s", "–"]);
  expect([share(1, 8), share(1, 0)]).toEqual(["12.5 %", "–"]);
  expect([money(12.345), money(0.1234567), money(0.000012), money(1e-7), money(0), money(undefined)]).toEqual(
    ["12.35", "0.1235", "0.000012", "< 0.000001", "0", "–"],
  );
});

it.each([
  ["load (file:///home/me/app/src/load.ts:3:7)", "load (load.ts:3:7)"],
  ["/home/me/app/load.ts:3:7", "load.ts:3:7"],
  ["C:\\app\\src\\load.ts:3:7", "load.ts:3:7"],
  ["job 3", "job 3"],
])("writes %s as %s", (where, text) => {
  expect(shortPlace(where)).toBe(text);
});
