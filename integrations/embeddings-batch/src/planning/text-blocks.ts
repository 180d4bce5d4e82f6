import { setImmediate } from "node:timers/promises";
import { describeKind } from "@llx/support";

/** Texts that are looked up in a cache together, and after which others get their turn. */
const textsPerBlock = 500;
const charactersPerBlock = 500_000;

/**
 * Reads texts in blocks.
 *
 * @throws TypeError with the index of one that is no string, after the texts before it
 */
export async function* textBlocks(
  texts: Iterable<string> | AsyncIterable<string>,
  signal: AbortSignal,
): AsyncGenerator<string[], void, undefined> {
  let block: string[] = [];
  let characters = 0;
  let index = 0;
  for await (const text of Symbol.asyncIterator in texts ? texts : turns(texts)) {
    signal.throwIfAborted();
    if (typeof text !== "string") {
      if (block.length > 0) yield block;
      throw new TypeError(`texts[${index}] must be a string, not ${describeKind(text)}`);
    }
    index++;
    block.push(text);
    characters += text.length;
    if (block.length < textsPerBlock && characters < charactersPerBlock) continue;
    yield block;
    block = [];
    characters = 0;
  }
  if (block.length > 0) yield block;
}

/** The items of an iterable; after some of them, whatever else waits gets a turn. */
async function* turns<T>(items: Iterable<T>): AsyncGenerator<T> {
  let count = 0;
  for (const item of items) {
    yield item;
    // oxlint-disable-next-line no-await-in-loop -- that is the point
    if (++count % textsPerBlock === 0) await setImmediate();
  }
}
