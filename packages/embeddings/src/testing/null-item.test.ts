import { expect, it } from "vitest";
import { withNullItem } from "./null-item.ts";

it.each([
  [
    { data: [{ index: 0 }, { index: 1 }], usage: { tokens: 2 } },
    { data: [{ index: 0 }, null], usage: { tokens: 2 } },
  ],
  [{ embeddings: { float: [[1], [2]] } }, { embeddings: { float: [[1], null] } }],
  [
    ["YQ==", "Yg=="],
    ["YQ==", null],
  ],
])("the last item of the list of %j is null", (body, changed) => {
  expect(withNullItem(body, 2)).toEqual(changed);
});

it.each([{ embedding: [1, 2] }, { data: [{}] }, "page", undefined, null])(
  "nothing changes without one: %j",
  (body) => {
    expect(withNullItem(body, 2)).toEqual(body);
  },
);
