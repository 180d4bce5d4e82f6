import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { keyId } from "./key-id.ts";

it("is a version 8 UUID from a hash of name and key", () => {
  const id = keyId("resize", "a.png");
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  const bytes = createHash("sha256").update("resize\0a.png").digest();
  bytes[6] = (bytes[6]! % 16) + 128;
  bytes[8] = (bytes[8]! % 64) + 128;
  expect(id.replaceAll("-", "")).toBe(bytes.subarray(0, 16).toString("hex"));
});

it("differs if the name or the key does", () => {
  const pairs = [
    ["a", "b"],
    ["a", "c"],
    ["b", "b"],
    ["ab", ""],
    ["", "ab"],
  ] as const;
  expect(new Set(pairs.map(([name, key]) => keyId(name, key))).size).toBe(pairs.length);
});
