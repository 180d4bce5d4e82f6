import type { ElementType } from "@llx/embeddings";
import type { RunDirectory } from "../files/run-directory.ts";
import { readPlaces, type SectionFacts } from "../files/section-file.ts";
import { type PartReader, PartReaders } from "./part-reader.ts";
import type { Landing } from "./run-log.ts";

/** A text of the run that is settled. */
export interface Landed<E extends ElementType> {
  readonly index: number;
  readonly reader: PartReader<E>;
  readonly position: number;
}

/** Goes through what happens in a run, and tells which texts are settled by each step: each text once. */
export class LandingCursor<E extends ElementType> implements AsyncDisposable {
  readonly #directory: RunDirectory;
  readonly #readers: PartReaders<E>;
  readonly #sections: SectionFacts[] = [];
  /** The rounds of each part that it has gone through. */
  readonly #rounds = new Map<number, number>();

  constructor(directory: RunDirectory, elementType: E) {
    this.#directory = directory;
    this.#readers = new PartReaders(directory, elementType);
  }

  async *settledBy(landing: Landing): AsyncGenerator<Landed<E>, void, undefined> {
    if (landing.section !== undefined) {
      const { section } = landing;
      this.#sections.push(section);
      // Texts that are equal to some of earlier sections, which are settled.
      const given = section.places.filter((each) => this.#rounds.has(each));
      if (given.length > 0) yield* this.#pick(section, new Set(given), (settledIn) => settledIn > 0);
      return;
    }
    const { part, round } = landing;
    this.#rounds.set(part, round);
    const wanted = new Set([part]);
    for (const each of this.#sections) {
      if (each.places.includes(part)) yield* this.#pick(each, wanted, (settledIn) => settledIn === round);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#readers[Symbol.asyncDispose]();
  }

  /** The texts of a section that have their places in certain parts, and that the right round has settled. */
  async *#pick(
    { section, first, count }: SectionFacts,
    parts: ReadonlySet<number>,
    isRight: (settledIn: number) => boolean,
  ): AsyncGenerator<Landed<E>, void, undefined> {
    const places = await readPlaces(this.#directory.section(section), count);
    for (let at = 0; at < count; at++) {
      const part = places.part(at);
      if (!parts.has(part)) continue;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const reader = await this.#readers.of(part, this.#rounds.get(part)!);
      const position = places.position(at);
      if (isRight(reader.settledIn(position))) yield { index: first + at, reader, position };
    }
  }
}
