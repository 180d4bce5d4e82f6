import type { ElementType, EmbeddingOf } from "@llx/embeddings";
import { PartTexts } from "../files/part-texts.ts";
import { RoundResults } from "../files/results-file.ts";
import type { RunDirectory } from "../files/run-directory.ts";
import { failureError } from "../files/stored-failure.ts";

/** A text of a run with its embedding, or the reason why it has none. */
export type RunResult<E extends ElementType = "float"> =
  | {
      /** Its index among the texts of the run. */
      readonly index: number;
      readonly text: string;
      readonly embedding: EmbeddingOf<E>;
      readonly error?: undefined;
    }
  | {
      readonly index: number;
      readonly text: string;
      readonly embedding?: undefined;
      readonly error: Error;
    };

/** What {@link RunResult} says of a place, whatever its index. */
export type PlaceResult<E extends ElementType> =
  | { readonly text: string; readonly embedding: EmbeddingOf<E>; readonly error?: undefined }
  | { readonly text: string; readonly embedding?: undefined; readonly error: Error };

/** The texts of a part, and what its rounds have given so far. */
export class PartReader<E extends ElementType> {
  readonly #path: string;
  /** Opened by the first read: counting needs none. */
  #texts: Promise<PartTexts> | undefined;
  /** By position: the round that has settled it; 0 for none so far. */
  readonly #settled: Uint16Array;
  /** By position, for rounds after the first: the number in its round. */
  readonly #numbers = new Map<number, number>();
  readonly #rounds: readonly RoundResults[];
  readonly #elementType: E;

  private constructor(path: string, rounds: readonly RoundResults[], elementType: E) {
    this.#path = path;
    this.#rounds = rounds;
    this.#elementType = elementType;
    this.#settled = new Uint16Array(rounds[0]?.count ?? 0);
    for (const results of rounds) this.#settle(results);
  }

  /** @throws RunFileError for a file that is damaged */
  static async open<E extends ElementType>(
    directory: RunDirectory,
    part: number,
    roundCount: number,
    elementType: E,
  ): Promise<PartReader<E>> {
    const rounds: RoundResults[] = [];
    try {
      for (let round = 1; round <= roundCount; round++) {
        // oxlint-disable-next-line no-await-in-loop -- nearly always one
        rounds.push(await RoundResults.open(directory.results(part, round)));
      }
      return new PartReader(directory.texts(part), rounds, elementType);
    } catch (error) {
      await Promise.all(rounds.map((each) => each.close()));
      throw error;
    }
  }

  /** A text that is settled. Reading one after another is fast. */
  async read(position: number): Promise<PlaceResult<E>> {
    const texts = await (this.#texts ??= PartTexts.open(this.#path));
    const text = await texts.read(position);
    const { results, number } = this.#of(position);
    const failure = results.failed.get(number);
    if (failure !== undefined) return { text, error: failureError(failure) };
    return { text, embedding: await results.read(number, this.#elementType) };
  }

  /** Texts in the part; 0 before its first round. */
  get count(): number {
    return this.#settled.length;
  }

  /** The round that has settled a text; 0 for none so far. */
  settledIn(position: number): number {
    return this.#settled[position] ?? 0;
  }

  /** Whether a text that is settled has no embedding. */
  hasFailed(position: number): boolean {
    const { results, number } = this.#of(position);
    return results.failed.has(number);
  }

  async close(): Promise<void> {
    const texts = await this.#texts?.catch(() => undefined);
    await Promise.all([texts?.close(), ...this.#rounds.map((each) => each.close())]);
  }

  #of(position: number): { readonly results: RoundResults; readonly number: number } {
    const results = this.#rounds[this.#settled[position]! - 1]!;
    return { results, number: this.#numbers.get(position) ?? position };
  }

  #settle({ round, positions, count, again }: RoundResults): void {
    for (let number = 0; number < count; number++) {
      const position = positions?.[number] ?? number;
      this.#settled[position] = round;
      if (positions !== undefined) this.#numbers.set(position, number);
    }
    for (const number of again) this.#settled[positions?.[number] ?? number] = 0;
  }
}

/** How many parts are open at once: texts that are equal to earlier ones have their places in other parts. */
const openAtOnce = 8;

/** Opens parts as they are needed, and keeps the last ones open. */
export class PartReaders<E extends ElementType> implements AsyncDisposable {
  readonly #directory: RunDirectory;
  readonly #elementType: E;
  readonly #open = new Map<number, { readonly rounds: number; readonly reader: PartReader<E> }>();

  constructor(directory: RunDirectory, elementType: E) {
    this.#directory = directory;
    this.#elementType = elementType;
  }

  async of(part: number, rounds: number): Promise<PartReader<E>> {
    const found = this.#open.get(part);
    if (found?.rounds === rounds) return found.reader;
    await this.#close(part);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < openAtOnce) break;
      // oxlint-disable-next-line no-await-in-loop -- one
      await this.#close(oldest);
    }
    const reader = await PartReader.open(this.#directory, part, rounds, this.#elementType);
    this.#open.set(part, { rounds, reader });
    return reader;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#open.keys()].map((part) => this.#close(part)));
  }

  async #close(part: number): Promise<void> {
    const found = this.#open.get(part);
    this.#open.delete(part);
    await found?.reader.close();
  }
}
