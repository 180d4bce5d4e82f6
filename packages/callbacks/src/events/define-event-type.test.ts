import { describe, expect, it } from "vitest";
import { defineEventType } from "../index.ts";
import { record } from "../testing/recorder.ts";

describe("defineEventType", () => {
  it("makes a user's own type a leaf, and refuses a built-in one", async () => {
    defineEventType("test_leaf", { leaf: true });
    const { manager, recorder } = record();
    await manager.event("query", () => manager.event("test_leaf", () => manager.event("tree", () => {})));
    expect(recorder.end("tree").parentId).toBe(recorder.end("query").id);
    expect(() => defineEventType("query")).toThrow(/is a built-in event type of @llx\/callbacks/);
  });
});

declare module "../contract/event-type.ts" {
  interface EventPayloads {
    test_leaf: { start: object; end: object };
  }
}
