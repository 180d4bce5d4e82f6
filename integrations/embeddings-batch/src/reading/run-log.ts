import type { Usage } from "@llx/callbacks";
import type { RunDirectory } from "../files/run-directory.ts";
import { type Part, readSection, type SectionFacts } from "../files/section-file.ts";
import { type LandedRound, RoundResults } from "../files/results-file.ts";
import { plusUsage } from "./plus-usage.ts";

/** What has happened in a run: a section was planned, or a round of a part has results. */
export type Landing =
  | { readonly section: SectionFacts; readonly part?: undefined }
  | { readonly section?: undefined; readonly part: number; readonly round: number };

/** A part, and how far it is. */
export interface PartState extends Part {
  rounds: number;
  /** Rounds that were a batch at the service. */
  batches: number;
  /** Texts that a further round has to settle. */
  left: number;
}

/** Of a part whose results are known when it is planned. */
const known: LandedRound = { left: 0, hasBatch: false, isMetered: false, usage: undefined };

/** What has happened in a run so far, in an order in which it could have happened. Readers wait for more. */
export class RunLog {
  readonly landings: Landing[] = [];
  readonly sections: SectionFacts[] = [];
  readonly parts = new Map<number, PartState>();
  #more = Promise.withResolvers<void>();
  #metered = 0;
  #usage: Usage | undefined;
  #hasEnded = false;

  /** Resolves when something is added. */
  get more(): Promise<void> {
    return this.#more.promise;
  }

  /** Tokens of all batches and live calls; a number that one of them does not report is `undefined`. */
  get usage(): Usage | undefined {
    return this.#usage;
  }

  /** Whether all texts are planned. */
  get isPlanned(): boolean {
    return this.#hasEnded || this.sections.at(-1)?.last === true;
  }

  /** Whether all texts are settled. */
  get isComplete(): boolean {
    return this.isPlanned && Array.from(this.parts.values()).every(({ left }) => left === 0);
  }

  addSection(section: SectionFacts): void {
    this.sections.push(section);
    for (const part of section.parts)
      this.parts.set(part.part, { ...part, rounds: 0, batches: 0, left: part.count });
    this.#add({ section });
    for (const { part, kind } of section.parts) if (kind !== "batch") this.addRound(part, known);
  }

  /** The next round of a part has results. */
  addRound(part: number, { left, hasBatch, isMetered, usage }: LandedRound): void {
    const state = this.parts.get(part)!;
    state.rounds++;
    if (hasBatch) state.batches++;
    if (isMetered) this.#usage = this.#metered++ === 0 ? usage : plusUsage(this.#usage, usage);
    state.left = left;
    this.#add({ part, round: state.rounds });
  }

  /** No more texts are planned: the run is cancelled. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Nothing is added any more, or readers have to look why not. */
  wake(): void {
    this.#more.resolve();
    this.#more = Promise.withResolvers<void>();
  }

  #add(landing: Landing): void {
    this.landings.push(landing);
    this.wake();
  }
}

/** The sections of a directory. */
export async function readSections(directory: RunDirectory): Promise<SectionFacts[]> {
  const count = await directory.countSections();
  const sections: SectionFacts[] = [];
  for (let section = 0; section < count; section++) {
    // oxlint-disable-next-line no-await-in-loop -- there are hundreds at most
    sections.push(await readSection(directory.section(section)));
  }
  return sections;
}

/** Adds the rounds of parts that have results in the directory. */
export async function addStoredRounds(log: RunLog, directory: RunDirectory): Promise<void> {
  const rounds = await directory.countRounds();
  for (const { part, kind } of log.parts.values()) {
    if (kind !== "batch") continue;
    for (let round = 1; round <= (rounds.get(part) ?? 0); round++) {
      // oxlint-disable-next-line no-await-in-loop -- there are hundreds at most
      const results = await RoundResults.open(directory.results(part, round));
      log.addRound(part, results.landed);
      // oxlint-disable-next-line no-await-in-loop
      await results.close();
    }
  }
}
