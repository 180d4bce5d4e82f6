import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { expect, it } from "vitest";
import { checkTraces } from "./check-traces.ts";

const search = (manager: CallbackManager, query: string): Promise<void> =>
  manager.event("search", { by: "words", content: { query } }, () => {});

async function traced(...searches: readonly string[]): Promise<DebugHandler> {
  const debug = new DebugHandler({ capture: "full" });
  const manager = new CallbackManager({ handlers: [debug] });
  await manager.event("query", { content: { query: "one" } }, async () => {
    for (const query of searches) await search(manager, query);
  });
  return debug;
}

it("traces are told from such as are mixed", async () => {
  expect(() => checkTraces(new DebugHandler(), ["one"])).toThrow("Expected values to be strictly deep-equal");
  const good = await traced("one", "one");
  checkTraces(good, ["one"]);
  expect(() => checkTraces(good, ["one", "two"])).toThrow("Expected values to be strictly deep-equal");
  const [another, missing] = [await traced("one", "two"), await traced("one")];
  expect(() => checkTraces(another, ["one"])).toThrow(/two/);
  expect(() => checkTraces(missing, ["one"])).toThrow(/searched for by its vector, and by its words/);
});
