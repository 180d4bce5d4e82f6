import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import type { FakeServer } from "./fake-server.ts";
import { hedge } from "./hedge.ts";
import type { Model } from "./open-model.ts";
import { streamAnswer } from "./stream-answer.ts";

/** Streams several models, and reads the one whose first token comes first: all at once, or one after the other. */
export async function hedgeStreams(
  models: readonly Model[],
  server: FakeServer,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const debug = new DebugHandler({ sink: { write: (text) => print(text.trimEnd()) } });
  const manager = new CallbackManager({ handlers: [debug] });
  const ask = async (question: string, delay: number): Promise<string> => {
    let answer = "";
    let by = -1;
    const contenders = models.map(
      (model) => (stop: AbortSignal) => streamAnswer(model, question, stop, manager),
    );
    for await (const { winner, chunk } of hedge(contenders, { delay, signal })) {
      answer += chunk;
      by = winner;
    }
    return `${models[by]!.modelId} answered: ${answer}`;
  };

  const left = server.left;
  const asked = server.answered;
  await manager.asTrace("all at once", async () => print(`\nAll at once, ${await ask("all", 0)}`));
  await manager.asTrace("hedged", async () =>
    print(`With a second one after 20 ms, ${await ask("this", 20)}`),
  );
  // oxlint-disable-next-line no-await-in-loop -- until the service notices
  while (server.left < left + 2) await wait(5, undefined, { signal });
  assert.equal(server.answered, asked + 2);
  print("The service saw the connections of the losers close.");
  debug.printTraceMap();
}
