import { chunks } from "@llx/async";
import type { DistinctTexts, PlannedBatch } from "../plan/batch-plan.ts";
import type { BatchResults } from "./batch-results.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import type { Tell } from "../cache/single-flight.ts";
import type { ModelCache, ModelCall } from "../request/model-parts.ts";
import type { Answer } from "../request/requests.ts";

export type OnAnswered = (batch: PlannedBatch, answer: Answer) => Promise<void>;

/** Sends the texts at these places. */
export type Send = (places: Iterable<number>, onAnswered?: OnAnswered) => Promise<void>;

/** So many texts are looked up in a store at once. */
const lookUpAtOnce = 500;

/** Sends only what is neither in the cache nor being embedded by another call of the model. */
export async function embedCached(
  { store, inFlight }: ModelCache,
  { texts }: DistinctTexts,
  results: BatchResults,
  { inputType, signal }: ModelCall,
  send: Send,
): Promise<void> {
  const keys = texts.map((text) => store.keyOf(text, inputType));
  let places: number[] = [...keys.keys()];
  while (places.length > 0) {
    const own = new Map<number, Tell>();
    const others = new Map<number, Promise<AnyEmbedding | undefined>>();
    for (const place of places) {
      const embedding = inFlight.get(keys[place]!);
      if (embedding) others.set(place, embedding);
      else own.set(place, inFlight.begin(keys[place]!));
    }
    try {
      // oxlint-disable-next-line no-await-in-loop -- a second round is for what others failed to embed
      const misses = await lookUp([...own.keys()], (place, embedding) => {
        results.cached(place, embedding);
        own.get(place)!(embedding);
      });
      // oxlint-disable-next-line no-await-in-loop
      await send(misses, async (batch, { embeddings }) => {
        await store.write(
          batch.places.map((place, at) => ({ key: keys[place]!, embedding: embeddings[at]! })),
        );
        for (const [at, place] of batch.places.entries()) own.get(place)!(embeddings[at]);
      });
    } finally {
      for (const tell of own.values()) tell(undefined);
    }
    places = [];
    for (const [place, coming] of others) {
      // oxlint-disable-next-line no-await-in-loop
      const embedding = await orAborted(coming, signal);
      if (embedding === undefined) places.push(place);
      // Others may wait for it too.
      else results.cached(place, embedding.slice());
    }
  }

  /** Returns the places of what is not in the store. */
  async function lookUp(
    wanted: readonly number[],
    onHit: (place: number, embedding: AnyEmbedding) => void,
  ): Promise<number[]> {
    const misses: number[] = [];
    for (const group of chunks(wanted, lookUpAtOnce)) {
      signal.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- a store is not asked for everything at once
      const found = await store.read(group.map((place) => keys[place]!));
      for (const [at, place] of group.entries()) {
        const embedding = found[at];
        if (embedding === undefined) misses.push(place);
        else onHit(place, embedding);
      }
    }
    return misses;
  }
}

/** @throws the signal's reason */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    void promise.then((value) => {
      signal.removeEventListener("abort", onAbort);
      resolve(value);
    });
  });
}
