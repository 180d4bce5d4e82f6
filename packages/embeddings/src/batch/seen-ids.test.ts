import { describe, expect, it } from "vitest";
import { SeenIds } from "./seen-ids.ts";

describe("SeenIds", () => {
  it("knows each id from its second time on, and takes no id for another", () => {
    const ids = ["0", "1", "8", "65535", "65536", "9999999", "00", "01", "10000000", "a", "-1", "1_0", "9"];
    const seen = new SeenIds();
    expect(ids.filter((id) => seen.add(id))).toEqual([]);
    expect(ids.filter((id) => !seen.add(id))).toEqual([]);
    expect(seen.add("2")).toBe(false);
  });
});
