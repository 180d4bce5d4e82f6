import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { PlaceTable } from "./place-table.ts";

const hashOf = (text: string): Buffer => hash("sha256", text, "buffer");

describe("PlaceTable", () => {
  it("knows the place of each text after it has grown", () => {
    const table = new PlaceTable(100_000);
    for (let n = 0; n < 50_000; n++) table.add(hashOf(`text ${n}`), n % 7, n);
    const wrong = Array.from({ length: 50_000 }, (_, n) => n).filter((n) => {
      const place = table.get(hashOf(`text ${n}`));
      return place?.part !== n % 7 || place.position !== n;
    });
    expect(wrong).toEqual([]);
    expect(table.get(hashOf("text 50000"))).toBeUndefined();
  });

  it("compares 16 bytes of the hash", () => {
    const table = new PlaceTable(10);
    const one = hashOf("text");
    const other = Buffer.from(one);
    other[15]! ^= 1;
    table.add(one, 0, 1);
    expect(table.get(other)).toBeUndefined();
    table.add(other, 0, 2);
    expect(table.get(one)).toEqual({ part: 0, position: 1 });
    expect(table.get(other)).toEqual({ part: 0, position: 2 });
  });

  it("keeps no more than it is told to", () => {
    const table = new PlaceTable(2);
    for (const text of ["a", "b", "c"]) table.add(hashOf(text), 4, 5);
    expect(["a", "b", "c"].map((text) => table.get(hashOf(text)) !== undefined)).toEqual([true, true, false]);
  });
});
