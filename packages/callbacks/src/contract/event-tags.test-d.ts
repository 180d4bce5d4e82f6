import { describe, expectTypeOf, it } from "vitest";
import { type AnyEventEnd, type AnyEventStart, withTags } from "../index.ts";

declare module "./event-tags.ts" {
  interface EventTags {
    readonly plan?: "free" | "paid" | undefined;
  }
}

describe("tags", () => {
  it("are strings, and those that are declared have their own type", () => {
    expectTypeOf(withTags({ plan: "free", region: "eu" }, () => 1)).toEqualTypeOf<number>();
    expectTypeOf(withTags({ plan: undefined }, async () => "a")).toEqualTypeOf<Promise<string>>();
    // @ts-expect-error no such plan
    withTags({ plan: "gold" }, () => {});
    // @ts-expect-error not a string
    withTags({ region: 5 }, () => {});
  });

  it("are part of every event", () => {
    expectTypeOf<AnyEventEnd["tags"]>().toEqualTypeOf<AnyEventStart["tags"]>();
    expectTypeOf<AnyEventEnd["tags"]["plan"]>().toEqualTypeOf<"free" | "paid" | undefined>();
  });
});
