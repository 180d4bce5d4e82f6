// The library that the programs of this folder trace. It knows nothing of managers and handlers.
import { setTimeout as wait } from "node:timers/promises";
import { traced } from "@llx/callbacks";

const passages = ["The moon makes the tides.", "Dough has to rest.", "Bees dance to show where flowers are."];

/** Finds passages. An event of the trace around the call; without a trace, no event. */
export const search = traced("function_call", async (word: string): Promise<string[]> => {
  await wait(5);
  return passages.filter((passage) => passage.includes(word));
});

/** An answer, chunk by chunk. */
export async function* write(found: readonly string[]): AsyncGenerator<string> {
  await wait(5);
  yield* found[0]?.split(/(?<= )/) ?? [];
}
