import assert from "node:assert/strict";
import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { z } from "zod";
import { askObjects } from "./ask-object.ts";
import type { FakeServer } from "./fake-server.ts";
import type { Model } from "./open-model.ts";

const City = z.object({ city: z.string(), population: z.number().int().positive() });

/** Three answers as objects: one is valid at once, the others are not until they are asked for again. */
export async function askFacts(
  model: Model,
  server: FakeServer,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const tokens = new TokenCountingHandler();
  const debug = new DebugHandler({ sink: { write: (text) => print(text.trimEnd()) } });
  const manager = new CallbackManager({ handlers: [tokens, debug] });
  const before = server.tokens;

  const cities = await manager.asTrace("facts", () =>
    askObjects(model, City, ["Rome", "Paris", "Oslo"], signal, manager),
  );

  assert.deepEqual(
    cities.map(({ city }) => city),
    ["Rome", "Paris", "Oslo"],
  );
  assert.equal(tokens.totalTokens, server.tokens - before, "tokens of invalid answers must be counted");
  const facts = cities.map(({ city, population }) => `${city} ${population.toLocaleString("en")}`);
  const calls = debug.getEventPairs("llm");
  const invalid = calls.filter(([, { status }]) => status === "error");
  print(`\nAs objects: ${facts.join("; ")}`);
  print(`${calls.length} calls: ${invalid.length} answers were invalid, and were asked for again.`);
  debug.printTraceMap();
}
