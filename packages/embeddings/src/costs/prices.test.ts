import { expect, it } from "vitest";
import { prices } from "../prices.ts";
import { priceOf } from "./price-of.ts";

it("has valid prices, each with a source and a day", () => {
  for (const model of Object.keys(prices)) {
    const price = priceOf(prices, model)!;
    expect(price.source, model).toMatch(/^https:\/\//);
    expect(price.date, model).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    if (price.batch !== undefined) expect(price.batch.input, model).toBeLessThan(price.input);
  }
  expect(prices["text-embedding-3-small"]).toMatchObject({
    input: 0.02,
    batch: { input: 0.01, window: 86_400_000 },
  });
  expect(prices["voyage-4"]).toMatchObject({ batch: { window: 43_200_000 } });
});
