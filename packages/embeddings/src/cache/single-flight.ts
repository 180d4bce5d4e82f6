import type { AnyEmbedding } from "../contract/element-type.ts";

/** Settles a flight for all its waiters; only the first call has an effect. */
export type Settle = (embedding: AnyEmbedding | undefined) => void;

interface Flight {
  readonly promise: Promise<AnyEmbedding | undefined>;
  isAwaited: boolean;
}

/** The texts that are being embedded now, by key, so that no other call sends them too. */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>();

  /** The embedding that another call will produce, to be copied; `undefined` if it fails. */
  get(key: string): Promise<AnyEmbedding | undefined> | undefined {
    const flight = this.#flights.get(key);
    if (flight !== undefined) flight.isAwaited = true;
    return flight?.promise;
  }

  /** Registers that the caller embeds the text; it must call the returned function with the result. */
  begin(key: string): Settle {
    const { promise, resolve } = Promise.withResolvers<AnyEmbedding | undefined>();
    const flight: Flight = { promise, isAwaited: false };
    this.#flights.set(key, flight);
    return (embedding) => {
      // The caller's vector may be changed before the waiters have copied it.
      resolve(flight.isAwaited ? embedding?.slice() : embedding);
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
  }
}
