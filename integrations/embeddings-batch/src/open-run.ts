import type { ElementType } from "@llx/embeddings";
import { checkNames, describe, type NamesOf } from "@llx/support";
import { checkPath } from "./embed-batch-job-options.ts";
import { RunDirectory } from "./files/run-directory.ts";
import type { Manifest } from "./files/run-directory.ts";
import { readPlaces } from "./files/section-file.ts";
import { PartReaders, type RunResult } from "./reading/part-reader.ts";
import { readAsTheyLand, readInOrder } from "./reading/read-results.ts";
import { addStoredRounds, readSections, RunLog } from "./reading/run-log.ts";

/** How results are read. */
export interface ResultsOptions {
  /**
   * `true` gives the results in the order of the texts: those of a batch wait for those of the batches before.
   *
   * @default false, as they land
   */
  readonly ordered?: boolean | undefined;
}

export const resultsNames: NamesOf<ResultsOptions> = { ordered: true };

/** A run in its directory, to be read. */
export interface StoredRun<E extends ElementType = ElementType> extends AsyncDisposable {
  readonly provider: string;
  readonly model: string;
  readonly elementType: E;
  readonly createdAt: Date;
  /** Texts that are planned: all, where the run is complete. */
  readonly length: number;
  /** Whether every text has its embedding or its error. */
  readonly isComplete: boolean;
  /** The results that are there, each time from the start. */
  results(options?: ResultsOptions): AsyncGenerator<RunResult<E>, void, undefined>;
  /**
   * The result of one text; `undefined` where it is not there yet.
   *
   * @throws RangeError for an index that is not in the run
   */
  at(index: number): Promise<RunResult<E> | undefined>;
  /** Closes its files. */
  aclose(): Promise<void>;
}

/**
 * Opens the results of a run, which may be weeks old: needs neither the service nor the queue. A run that goes on at this
 * time gives what it had when it was opened.
 *
 * @throws TypeError for what is no path; RunFileError where there is no run, or a file is damaged
 *
 * @example
 * ```ts
 * await using run = await openRun("./run");
 * for await (const { index, text, embedding, error } of run.results({ ordered: true })) {
 *   if (error) console.error(index, error.message);
 *   else console.log(text, embedding.length);
 * }
 * ```
 */
export async function openRun<E extends ElementType = "float">(path: string): Promise<StoredRun<E>> {
  checkPath("path", path);
  const directory = await RunDirectory.open(path);
  const log = new RunLog();
  for (const section of await readSections(directory)) log.addSection(section);
  await addStoredRounds(log, directory);
  return new OpenRun<E>(directory, log);
}

class OpenRun<E extends ElementType> implements StoredRun<E> {
  readonly #directory: RunDirectory;
  readonly #log: RunLog;
  readonly #manifest: Manifest;
  readonly #readers: PartReaders<E>;
  /** Calls of `at` come one after another: they share the open files. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(directory: RunDirectory, log: RunLog) {
    this.#directory = directory;
    this.#log = log;
    this.#manifest = directory.manifest;
    this.#readers = new PartReaders(directory, this.elementType);
  }

  get provider(): string {
    return this.#manifest.provider;
  }

  get model(): string {
    return this.#manifest.model;
  }

  /** The caller states it, as it is not known when a program is compiled. */
  get elementType(): E {
    return this.#manifest.elementType as E;
  }

  get createdAt(): Date {
    return new Date(this.#manifest.createdAt);
  }

  get length(): number {
    const last = this.#log.sections.at(-1);
    return last === undefined ? 0 : last.first + last.count;
  }

  get isComplete(): boolean {
    return this.#log.isComplete;
  }

  results(options: ResultsOptions = {}): AsyncGenerator<RunResult<E>, void, undefined> {
    checkNames(options, resultsNames);
    const read = options.ordered === true ? readInOrder : readAsTheyLand;
    return read({
      directory: this.#directory,
      log: this.#log,
      elementType: this.elementType,
      wait: async () => false,
    });
  }

  at(index: number): Promise<RunResult<E> | undefined> {
    const result = this.#last.then(() => this.#at(index));
    this.#last = result.catch(() => {});
    return result;
  }

  async aclose(): Promise<void> {
    await this.#last;
    await this.#readers[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  async #at(index: number): Promise<RunResult<E> | undefined> {
    if (typeof index !== "number") throw new TypeError(`index must be a number, not ${describe(index)}`);
    const facts = this.#log.sections.find(({ first, count }) => index >= first && index < first + count);
    if (facts === undefined || !Number.isSafeInteger(index)) {
      throw new RangeError(`the run has the texts 0 to ${this.length - 1}, and none with the index ${index}`);
    }
    const places = await readPlaces(this.#directory.section(facts.section), 1, index - facts.first);
    const part = places.part(0);
    const reader = await this.#readers.of(part, this.#log.parts.get(part)!.rounds);
    const position = places.position(0);
    if (reader.settledIn(position) === 0) return undefined;
    return { index, ...(await reader.read(position)) };
  }
}
