import { setImmediate } from "node:timers/promises";
import { describeKind } from "@llx/support";

/** Texts that are looked up in a cache together at most, and after which others get their turn. */
export const textsPerBlock = 500;
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
  let stop: ((reason: unknown) => void) | undefined;
  // One for all items: millions of listeners that come and go are a lot of garbage.
  const onAbort = (): void => stop?.(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      signal.throwIfAborted();
      isAtRest = false;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        stop = reject;
        iterator.next().then(resolve, reject);
      });
      isAtRest = true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
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
