import { expect, it } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

it("cuts at line ends, wherever the pieces end", () => {
  const splitter = new LineSplitter(100);
  expect([...splitter.add(bytes("one\ntw"))]).toEqual(["one"]);
  expect([...splitter.add(bytes("o\n\nthree\n"))]).toEqual(["two", "", "three"]);
});

it("puts a character together that was cut in two", () => {
  const splitter = new LineSplitter(100);
  const whole = bytes("é\n");
  expect([...splitter.add(whole.subarray(0, 1))]).toEqual([]);
  expect([...splitter.add(whole.subarray(1))]).toEqual(["é"]);
});

it("keeps a copy of what is left, as its reader uses the buffer again", () => {
  const splitter = new LineSplitter(100);
  const buffer = Buffer.from("rest");
  expect([...splitter.add(buffer)]).toEqual([]);
  buffer.fill("x");
  expect([...splitter.add(bytes("\n"))]).toEqual(["rest"]);
});

it("refuses a line that does not end, so that its memory has a bound", () => {
  const splitter = new LineSplitter(8);
  expect(() => [...splitter.add(bytes("12345678\n"))]).not.toThrow();
  expect(() => [...splitter.add(bytes("123456789"))]).toThrow(new RangeError("is longer than 8 bytes"));
});
