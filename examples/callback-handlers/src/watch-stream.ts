import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AsyncRunContext } from "@llx/async";
import { CallbackManager } from "@llx/callbacks";
import { StreamWatch } from "./stream-watch.ts";

const answer = "The moon pulls the water up , and the earth turns below it .".split(" ");

/** In place of a language model: yields one word after another. */
async function* write(words: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
  for (const word of words) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await nextTurn(undefined, { signal });
    yield word;
  }
}

/** One reader reads everything, another leaves after five words: the handler sees what each has received. */
export async function watchStream(
  { signal, own }: AsyncRunContext,
  print: (line: string) => void,
): Promise<void> {
  const watch = new StreamWatch();
  const manager = own(new CallbackManager({ handlers: [watch] }));
  const read = async (most: number): Promise<string[]> => {
    const words: string[] = [];
    for await (const word of manager.stream("llm", { model: "tides" }, () => write(answer, signal))) {
      words.push(word);
      if (words.length === most) break;
    }
    return words;
  };
  const wordsOfBoth = await Promise.all([read(Number.POSITIVE_INFINITY), read(5)]);
  const seen = [...watch.chunks.values()];
  assert.deepEqual(seen, wordsOfBoth, "the handler must see what each reader has read, and no more");
  assert.equal(manager.openEvents, 0, "a stream left early must have ended");
  print(`\nOne stream: ${seen[0]?.join(" ")}`);
  print(`At the same time, one left early: ${seen[1]?.join(" ")}`);
}
