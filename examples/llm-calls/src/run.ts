import { asyncRun } from "@llx/async";
import { askFacts } from "./ask-facts.ts";
import { askMany } from "./ask-many.ts";
import { askWithinBudget } from "./ask-within-budget.ts";
import { startFakeServer } from "./fake-server.ts";
import { hedgeStreams } from "./hedge-streams.ts";
import { openModel } from "./open-model.ts";
import { readStreams } from "./read-streams.ts";

/** Asks `count` questions, some within a budget or as objects, and reads streams. Ctrl-C and errors close what is open. */
export async function run(print: (line: string) => void, count: number): Promise<void> {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`the number of questions must be a whole number from 1, not ${count}`);
  }
  await asyncRun(async ({ signal, own }) => {
    const server = own(await startFakeServer());
    const model = openModel(server.url);
    await askMany(model, count, server, signal, print);
    await askWithinBudget(model, server, signal, print);
    await readStreams(model, server, signal, print);
    await hedgeStreams([openModel(server.url, "sloth"), model], server, signal, print);
    await askFacts(model, server, signal, print);
  });
}
