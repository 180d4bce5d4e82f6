import type { AnyEmbedding } from "@llx/embeddings";
import { TextsWriter } from "../files/part-texts.ts";
import { ResultsWriter, type StoredFailure } from "../files/results-file.ts";
import type { RunDirectory } from "../files/run-directory.ts";
import { type Part, type PartKind, Places, type SectionFacts, writeSection } from "../files/section-file.ts";
import type { Place } from "./place-table.ts";

/** A part that still grows. */
interface OpenPart {
  readonly part: number;
  readonly kind: PartKind;
  readonly texts: TextsWriter;
  /** Where the results are known already. */
  readonly results: ResultsWriter | undefined;
  readonly failed: Map<number, StoredFailure>;
}

/** A section that still grows. What it writes counts when it is closed, and not before. */
export class OpenSection {
  readonly #directory: RunDirectory;
  readonly #section: number;
  readonly #first: number;
  readonly #places = new Places();
  readonly #used = new Set<number>();
  readonly #parts: OpenPart[] = [];
  #nextPart: number;
  /** Bytes of the lines for the service. */
  #bytes = 0;

  constructor(directory: RunDirectory, section: number, first: number, nextPart: number) {
    this.#directory = directory;
    this.#section = section;
    this.#first = first;
    this.#nextPart = nextPart;
  }

  get nextPart(): number {
    return this.#nextPart;
  }

  /** Texts in it, equal ones included. */
  get count(): number {
    return this.#places.count;
  }

  /** Texts of its batch. */
  get inputs(): number {
    return this.#parts.find(({ kind }) => kind === "batch")?.texts.count ?? 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A text that has its place already. */
  addKnown({ part, position }: Place): void {
    this.#places.add(part, position);
    this.#used.add(part);
  }

  /** A text for the service. */
  async addInput(text: string, bytes: number): Promise<Place> {
    this.#bytes += bytes;
    return this.#add(await this.#partOf("batch"), text);
  }

  async addCached(text: string, embedding: AnyEmbedding): Promise<Place> {
    const part = await this.#partOf("cached");
    const place = await this.#add(part, text);
    await part.results!.put(place.position, embedding);
    return place;
  }

  async addRefused(text: string, failure: StoredFailure): Promise<Place> {
    const part = await this.#partOf("refused");
    const place = await this.#add(part, text);
    part.failed.set(place.position, failure);
    return place;
  }

  /** Makes it exist, with its parts. */
  async close(hash: string, last: boolean): Promise<SectionFacts> {
    for (const { part, texts, results, failed } of this.#parts) {
      const round = { part, round: 1, count: texts.count };
      // oxlint-disable-next-line no-await-in-loop -- one disk
      await texts.commit();
      // oxlint-disable-next-line no-await-in-loop
      await results?.commit(round, undefined, { batch: undefined, failed, again: [], usage: undefined });
    }
    const facts: SectionFacts = {
      section: this.#section,
      first: this.#first,
      count: this.count,
      parts: this.#parts.map(({ part, kind, texts }): Part => ({ part, kind, count: texts.count })),
      places: [...this.#used],
      hash,
      last,
    };
    await writeSection(this.#directory.section(this.#section), facts, this.#places);
    return facts;
  }

  async discard(): Promise<void> {
    for (const { texts, results } of this.#parts) {
      // oxlint-disable-next-line no-await-in-loop -- three at most
      await texts.discard();
      // oxlint-disable-next-line no-await-in-loop
      await results?.discard();
    }
  }

  async #add({ part, texts }: OpenPart, text: string): Promise<Place> {
    const place = { part, position: texts.count };
    await texts.append(text);
    this.addKnown(place);
    return place;
  }

  async #partOf(kind: PartKind): Promise<OpenPart> {
    const found = this.#parts.find((each) => each.kind === kind);
    if (found !== undefined) return found;
    const part = this.#nextPart++;
    const texts = await TextsWriter.create(this.#directory.texts(part));
    const results =
      kind === "batch" ? undefined : await ResultsWriter.create(this.#directory.results(part, 1));
    const created = { part, kind, texts, results, failed: new Map<number, StoredFailure>() };
    this.#parts.push(created);
    return created;
  }
}
