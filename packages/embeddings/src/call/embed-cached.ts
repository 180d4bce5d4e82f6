import { chunks } from "@llx/async";
import { raceAbort } from "@llx/support";
import type { DistinctTexts, PlannedBatch } from "../plan/batch-plan.ts";
import type { BatchResults } from "./batch-results.ts";
import type { AnyEmbedding } from "../contract/element-type.ts";
import type { VerifiedResponse } from "../contract/verified-response.ts";
import type { Settle } from "../cache/single-flight.ts";
import type { ModelCache, ModelCall } from "../request/model-parts.ts";

export type OnResponse = (batch: PlannedBatch, response: VerifiedResponse) => Promise<void>;

/** Sends the texts at these positions. */
export type Send = (positions: Iterable<number>, onResponse?: OnResponse) => Promise<void>;

/** The texts of a round that this call embeds, by position. */
type Own = ReadonlyMap<number, Settle>;
/** The texts of a round that other calls are embedding, by position. */
type Others = ReadonlyMap<number, Promise<AnyEmbedding | undefined>>;

/** How many texts are read from a store at once. */
const readAtOnce = 500;

/** Sends only what is neither in the cache nor being embedded by another call of the model. */
export async function embedCached(
  cache: ModelCache,
  { texts }: DistinctTexts,
  results: BatchResults,
  { inputType, signal }: ModelCall,
  send: Send,
): Promise<void> {
  const { store, singleFlight } = cache;
  const keys = texts.map((text) => store.keyOf(text, inputType));
  let missing: number[] = [...keys.keys()];
  // A further round embeds what the other calls failed to embed.
  while (missing.length > 0) {
    const [own, others] = claim(missing);
    try {
      // oxlint-disable-next-line no-await-in-loop
      await sendMisses(own, await readStore(own));
    } finally {
      for (const settle of own.values()) settle(undefined);
    }
    // oxlint-disable-next-line no-await-in-loop
    missing = await awaitOthers(others);
  }

  /** Claims each text for this call, unless another one is embedding it. */
  function claim(positions: readonly number[]): [Own, Others] {
    const own = new Map<number, Settle>();
    const others = new Map<number, Promise<AnyEmbedding | undefined>>();
    for (const position of positions) {
      const embedding = singleFlight.get(keys[position]!);
      if (embedding) others.set(position, embedding);
      else own.set(position, singleFlight.begin(keys[position]!));
    }
    return [own, others];
  }

  /** Reads claimed texts from the store, and returns the positions of those that it does not have. */
  async function readStore(own: Own): Promise<number[]> {
    const misses: number[] = [];
    for (const group of chunks([...own.keys()], readAtOnce)) {
      signal.throwIfAborted();
      // oxlint-disable-next-line no-await-in-loop -- a store is not asked for everything at once
      const found = await store.read(group.map((position) => keys[position]!));
      for (const [i, position] of group.entries()) {
        const embedding = found[i];
        if (embedding === undefined) {
          misses.push(position);
        } else {
          results.addCached(position, embedding);
          own.get(position)!(embedding);
        }
      }
    }
    return misses;
  }

  /** Sends texts, and writes the embeddings to the store before other calls receive them. */
  async function sendMisses(own: Own, misses: readonly number[]): Promise<void> {
    await send(misses, async ({ positions }, { embeddings }) => {
      await store.write(
        positions.map((position, i) => ({ key: keys[position]!, embedding: embeddings[i]! })),
      );
      for (const [i, position] of positions.entries()) own.get(position)!(embeddings[i]);
    });
  }

  /** Waits for the other calls, and returns the positions of the texts that they failed to embed. */
  async function awaitOthers(others: Others): Promise<number[]> {
    const failed: number[] = [];
    for (const [position, pending] of others) {
      // oxlint-disable-next-line no-await-in-loop
      const embedding = await raceAbort(pending, signal);
      if (embedding === undefined) failed.push(position);
      // A copy, as further calls may be waiting for it.
      else results.addCached(position, embedding.slice());
    }
    return failed;
  }
}
