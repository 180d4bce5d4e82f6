import { expect, it } from "vitest";
import { Closing } from "./index.ts";

it("closes once for all who ask, and says what was closed", async () => {
  const gate = Promise.withResolvers<void>();
  let times = 0;
  const closing = new Closing("the store", () => {
    times++;
    return gate.promise;
  });
  expect(closing.closed).toBe(false);
  closing.throwIfClosed();
  const closings = [closing.aclose(), closing.aclose()];
  expect(closing.closed).toBe(true);
  expect(() => closing.throwIfClosed()).toThrow("the store is closed; make a new one");
  gate.resolve();
  await Promise.all(closings);
  await closing.aclose();
  expect(times).toBe(1);
});

it("gives its error to all who ask", async () => {
  const closing = new Closing("the store", () => {
    throw new Error("stuck");
  });
  await expect(closing.aclose()).rejects.toThrow("stuck");
  await expect(closing.aclose()).rejects.toThrow("stuck");
});
