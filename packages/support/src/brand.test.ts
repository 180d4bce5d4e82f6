import { describe, expect, it } from "vitest";
import { brand } from "./brand.ts";

/** A class as each copy of a package declares it. */
function copyOf(name: string) {
  return class Copy {
    static {
      brand(this, name);
    }
  };
}

describe("brand", () => {
  it("makes instanceof recognise instances of another copy of the class, in both directions", () => {
    const [First, Second] = [copyOf("@llx/test/Same"), copyOf("@llx/test/Same")];
    expect(new First()).toBeInstanceOf(Second);
    expect(new Second()).toBeInstanceOf(First);
  });

  it("tells classes with different names apart", () => {
    const [First, Other] = [copyOf("@llx/test/First"), copyOf("@llx/test/Other")];
    expect(new First()).not.toBeInstanceOf(Other);
  });

  it("recognises subclasses, and leaves their own instanceof as it is", () => {
    const [First, Second] = [copyOf("@llx/test/Base"), copyOf("@llx/test/Base")];
    class Sub extends First {}
    expect(new Sub()).toBeInstanceOf(Second);
    expect(new Sub()).toBeInstanceOf(Sub);
    expect(new First()).not.toBeInstanceOf(Sub);
    expect(new Second()).not.toBeInstanceOf(Sub);
  });

  it.each([undefined, null, 1, "text", Symbol("s"), {}, () => {}])("does not recognise %o", (value) => {
    expect(value instanceof copyOf("@llx/test/Values")).toBe(false);
  });

  it("adds no enumerable property", () => {
    const Branded = copyOf("@llx/test/Hidden");
    const keys: string[] = [];
    for (const key in new Branded()) keys.push(key);
    expect(keys).toEqual([]);
    expect(Object.keys(Branded.prototype)).toEqual([]);
  });
});
