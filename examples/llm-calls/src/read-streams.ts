import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { type CallbackHandler, CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import type { FakeServer } from "./fake-server.ts";
import type { Model } from "./open-model.ts";
import { streamAnswer } from "./stream-answer.ts";

/** One answer is read to its end; the reader of another leaves, and the service's connection closes. */
export async function readStreams(
  model: Model,
  server: FakeServer,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<void> {
  const chunks: unknown[] = [];
  const watch: CallbackHandler = {
    capture: "full",
    onEventChunk: (_event, { content }) => void chunks.push(content),
  };
  const tokens = new TokenCountingHandler();
  const debug = new DebugHandler({ sink: { write: (text) => print(text.trimEnd()) } });
  const manager = new CallbackManager({ handlers: [watch, tokens, debug] });

  await manager.asTrace("streams", async () => {
    const words = await Array.fromAsync(streamAnswer(model, "life", signal, manager));
    assert.deepEqual(words, ["the ", "answer ", "to ", "life"]);
    assert.deepEqual(chunks, words, "the handler must see each chunk");
    print(`\nA stream of ${words.length} chunks: ${words.join("")} (${tokens.totalTokens} tokens)`);

    for await (const word of streamAnswer(model, "everything", signal, manager)) {
      print(`Another one, left after "${word}"`);
      break;
    }
    // oxlint-disable-next-line no-await-in-loop -- until the service notices
    while (server.left === 0) await wait(5, undefined, { signal });
    print("The service saw the connection close.");
  });
  debug.printTraceMap();
}
