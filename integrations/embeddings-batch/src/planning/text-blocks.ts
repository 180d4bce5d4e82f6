import { setImmediate } from "node:timers/promises";
import { describeKind, raceAbort } from "@llx/support";

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
  for await (const text of Symbol.asyncIterator in texts ? abortable(texts, signal) : turns(texts)) {
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

/** Ends with the reason of the signal, even if the source is silent. */
async function* abortable<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let isAtRest = true;
  try {
    for (;;) {
      isAtRest = false;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const next = await raceAbort(iterator.next(), signal);
      isAtRest = true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // A generator that is silent cannot be closed: it would have to speak first.
    const closed = iterator.return?.();
    if (isAtRest) await closed;
    else closed?.catch(() => {});
  }
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
