import type { AnyEmbedding } from "../contract/element-type.ts";

/** Settles a flight, for all who wait for it; only the first call has an effect. */
export type Settle = (embedding: AnyEmbedding | undefined) => void;

interface Flight {
  readonly promise: Promise<AnyEmbedding | undefined>;
  isAwaited: boolean;
}

/** The texts that are being embedded now, by key, so that no other call sends them too. */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>();

  /** The embedding that another call will have, to be copied; `undefined` if that fails. */
  get(key: string): Promise<AnyEmbedding | undefined> | undefined {
    const flight = this.#flights.get(key);
    if (flight !== undefined) flight.isAwaited = true;
    return flight?.promise;
  }

  /** The caller is going to embed the text, and must call the returned function with the result. */
  begin(key: string): Settle {
    const { promise, resolve } = Promise.withResolvers<AnyEmbedding | undefined>();
    const flight: Flight = { promise, isAwaited: false };
    this.#flights.set(key, flight);
    return (embedding) => {
      // The caller hands its vector out, where it may be changed before those who wait have copied it.
      resolve(flight.isAwaited ? embedding?.slice() : embedding);
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
  }
}
