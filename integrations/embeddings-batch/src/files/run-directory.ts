import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ElementType, InputType } from "@llx/embeddings";
import type { BatchLimits } from "@llx/embeddings/batch";
import { fileInTheWay, refuseForeignFiles } from "@llx/support";
import { syncDirectory, writeDurably } from "./durable-file.ts";
import { damaged, RunFileError } from "./run-file-error.ts";
import { shownLimits } from "./shown-limits.ts";
import { checkVersion, formatVersion } from "./trailer.ts";

/** What a run embeds with: stored when it begins, and the same until its end. */
export interface RunFacts {
  readonly provider: string;
  readonly model: string;
  readonly elementType: ElementType;
  /** Numbers in an embedding; absent where the service does not say. */
  readonly dimensions?: number | undefined;
  readonly inputType: InputType;
  /** With which its batches are planned. */
  readonly batchLimits?: Pick<BatchLimits, "inputs" | "bytes"> | undefined;
}

/** The file `run.json`. */
export interface Manifest extends RunFacts {
  readonly id: string;
  readonly createdAt: string;
}

const format = "llx-embedding-run";
const folders = ["sections", "parts", "batches", "results"] as const;
/** The names of the files that lock a directory. */
export const lockName = "llx-run";

/** The files of a run. */
export class RunDirectory {
  readonly path: string;
  readonly manifest: Manifest;

  private constructor(path: string, manifest: Manifest) {
    this.path = path;
    this.manifest = manifest;
  }

  /**
   * The run of a directory; `undefined` for a directory in which one may begin. Writes nothing.
   *
   * @throws RunFileError for a directory with other files, or with a run of another model
   */
  static async find(directory: string, facts: RunFacts): Promise<RunDirectory | undefined> {
    if (existsSync(join(directory, "run.json"))) {
      const found = await RunDirectory.open(directory);
      found.#checkFacts(facts);
      return found;
    }
    refuseForeignFiles(directory, "a run", isOurs, RunFileError);
    return undefined;
  }

  /**
   * Opens the run of a directory, or begins one in a directory that is empty.
   *
   * @throws RunFileError for a directory with other files, or with a run of another model
   */
  static async openOrBegin(directory: string, facts: RunFacts): Promise<RunDirectory> {
    const found = await RunDirectory.find(directory, facts);
    if (found !== undefined) return found;
    for (const folder of folders) {
      // oxlint-disable-next-line no-await-in-loop -- four
      await mkdir(join(directory, folder), { recursive: true });
    }
    const manifest: Manifest = {
      id: randomBytes(8).toString("hex"),
      createdAt: new Date().toISOString(),
      ...facts,
    };
    const json = JSON.stringify({ format, version: formatVersion, ...manifest }, undefined, 2);
    await writeDurably(join(directory, "run.json"), `${json}\n`);
    return new RunDirectory(directory, manifest);
  }

  /** @throws RunFileError where there is no run */
  static async open(path: string): Promise<RunDirectory> {
    const directory = resolve(path);
    const file = join(directory, "run.json");
    let text: string;
    try {
      text = await readFile(file, "utf8");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ENOTDIR") throw error;
      const inTheWay = fileInTheWay(directory);
      const reason = inTheWay === undefined ? `${file} does not exist` : `${inTheWay} is a file`;
      throw new RunFileError(
        `there is no run in ${directory}: ${reason}. Name the directory that embedBatchJob was given`,
      );
    }
    let stored: { format?: unknown; version?: unknown } | undefined;
    try {
      stored = JSON.parse(text) as typeof stored;
    } catch {
      throw damaged(file);
    }
    if (stored?.format !== format) throw damaged(file);
    const { format: _, version, ...manifest } = stored;
    checkVersion(version, file);
    return new RunDirectory(directory, manifest as unknown as Manifest);
  }

  section(section: number): string {
    return join(this.path, "sections", name(section));
  }

  texts(part: number): string {
    return join(this.path, "parts", name(part));
  }

  results(part: number, round: number): string {
    return join(this.path, "results", `${name(part)}-${round}`);
  }

  /** Holds the id of the batch, from its submission until everything about it is done. */
  batch(part: number, round: number): string {
    return join(this.path, "batches", `${name(part)}-${round}`);
  }

  /** Is there from before the batch is submitted. */
  intent(part: number, round: number): string {
    return `${this.batch(part, round)}.submitting`;
  }

  /** Is there when the run is cancelled. */
  get cancelled(): string {
    return join(this.path, "cancelled");
  }

  /** How many sections there are: they are numbered from 0, without gaps. */
  async countSections(): Promise<number> {
    const names = await readdir(join(this.path, "sections"));
    return names.filter((each) => /^\d+$/.test(each)).length;
  }

  /** How many rounds of each part have results. */
  async countRounds(): Promise<Map<number, number>> {
    const rounds = new Map<number, number>();
    for (const each of await readdir(join(this.path, "results"))) {
      const [, part, round] = /^(\d+)-(\d+)$/.exec(each) ?? [];
      if (part === undefined) continue;
      rounds.set(Number(part), Math.max(rounds.get(Number(part)) ?? 0, Number(round)));
    }
    return rounds;
  }

  /** The rounds whose batch may be at the service. */
  async listSubmitted(): Promise<{ readonly part: number; readonly round: number }[]> {
    const names = await readdir(join(this.path, "batches"));
    const found = new Map<string, { readonly part: number; readonly round: number }>();
    for (const each of names) {
      const [key, part, round] = /^(\d+)-(\d+)/.exec(each) ?? [];
      if (key !== undefined) found.set(key, { part: Number(part), round: Number(round) });
    }
    return [...found.values()];
  }

  /** Deletes what a killed process has not finished, and the files of parts that no section has. */
  async removeUnfinished(parts: number): Promise<void> {
    for (const folder of folders) {
      const path = join(this.path, folder);
      // oxlint-disable-next-line no-await-in-loop -- four
      for (const each of await readdir(path)) {
        const number = /^(\d+)/.exec(each)?.[1];
        const isLost = folder !== "sections" && number !== undefined && Number(number) >= parts;
        // oxlint-disable-next-line no-await-in-loop -- there are few
        if (isLost || each.endsWith(".unfinished")) await rm(join(path, each), { force: true });
      }
    }
  }

  async readBatch(part: number, round: number): Promise<string | undefined> {
    return readIfThere(this.batch(part, round));
  }

  /** Everything about a batch is done. */
  async forgetBatch(part: number, round: number): Promise<void> {
    await rm(this.intent(part, round), { force: true });
    await rm(this.batch(part, round), { force: true });
    await syncDirectory(join(this.path, "batches"));
  }

  /** @throws RunFileError that names what differs */
  #checkFacts(facts: RunFacts): void {
    for (const key of ["provider", "model", "elementType", "dimensions", "inputType"] as const) {
      const [stored, given] = [this.manifest[key], facts[key]];
      // The dimensions may be known only after the first embedding.
      if (stored === given || (key === "dimensions" && (stored ?? given) === (given ?? stored))) continue;
      throw new RunFileError(
        `the directory ${this.path} holds a run with ${key} ${String(stored)}, not ${String(given)}. Go on with the same ` +
          "service and options, or name another directory for a new run" +
          (key === "provider" ? ". A server that has moved keeps its name with the option provider" : ""),
      );
    }
    const [planned, given] = [this.manifest, facts].map(
      ({ batchLimits }) => batchLimits && shownLimits(batchLimits),
    );
    if (planned === undefined || planned === given) return;
    throw new RunFileError(
      `the batches of the run in ${this.path} are planned with batchLimits of ${planned}, not of ${given}. Go on with the same ` +
        "limits, or name another directory for a new run",
    );
  }
}

/** Six digits keep the files in order; there may be more. */
const name = (number: number): string => String(number).padStart(6, "0");

/** What a process leaves that was killed while it began a run. */
const isOurs = (each: string): boolean =>
  each.startsWith(lockName) ||
  each === "run.json.unfinished" ||
  (folders as readonly string[]).includes(each);

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
