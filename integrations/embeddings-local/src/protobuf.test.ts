import { expect, it } from "vitest";
import { floatField, integerField, joinPieces, messageField, stringField } from "./protobuf.ts";

const hex = (pieces: readonly Uint8Array[]): string => Buffer.from(joinPieces(pieces)).toString("hex");

// The first three are the examples of the encoding's documentation.
it.each([
  ["150 in field 1", integerField(1, 150), "089601"],
  ["a string in field 2", stringField(2, "testing"), "120774657374696e67"],
  ["a message in field 3", messageField(3, integerField(1, 150)), "1a03089601"],
  ["-1", integerField(3, -1), "18ffffffffffffffffff01"],
  ["2^40", integerField(1, 2 ** 40), "08808080808020"],
  ["a field number of two bytes", integerField(20, 7), "a00107"],
  ["1.5", floatField(2, 1.5), "150000c03f"],
  ["a string of two-byte characters", stringField(1, "é"), "0a02c3a9"],
  ["a message of several fields", messageField(1, integerField(1, 1), integerField(2, 2)), "0a0408011002"],
  ["an empty message", messageField(1), "0a00"],
])("writes %s", (_what, field, bytes) => {
  expect(hex(field)).toBe(bytes);
});
