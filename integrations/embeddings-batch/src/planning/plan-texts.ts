/* oxlint-disable no-await-in-loop -- texts come one after another */
import { createHash, hash } from "node:crypto";
import type { ElementType, EmbeddingOf } from "@llx/embeddings";
import type { BatchCache, EmbeddingBatchService } from "@llx/embeddings/batch";
import type { StoredFailure } from "../files/results-file.ts";
import type { RunDirectory } from "../files/run-directory.ts";
import { RunFileError } from "../files/run-file-error.ts";
import { readPlaces, type SectionFacts } from "../files/section-file.ts";
import { storedFailure } from "../files/stored-failure.ts";
import { lineBytes } from "./check-texts.ts";
import { OpenSection } from "./open-section.ts";
import { PlaceTable } from "./place-table.ts";
import { textBlocks, textsPerBlock } from "./text-blocks.ts";

/** What planning needs. */
export interface PlanOptions<E extends ElementType> {
  readonly directory: RunDirectory;
  readonly service: EmbeddingBatchService<E>;
  readonly cache: BatchCache<E> | undefined;
  /** What an earlier process has planned. */
  readonly planned: readonly SectionFacts[];
  readonly signal: AbortSignal;
}

/** Texts of a section, equal ones included: so many places are in memory, 8 MB. */
const textsPerSection = 1_000_000;
/** Distinct texts that are remembered: in up to 690 MB. Later ones are compared with these. */
const maxRemembered = 16_000_000;
/** Bytes of a text's hash that are kept, and hashed again over all texts. */
const keptHash = 16;

/**
 * Reads texts once, and cuts them into sections with their parts. First comes `"resumed"`, after the texts that an earlier
 * process has planned were read again and are the same; then each section as it exists.
 *
 * @throws RunFileError for other texts than were planned; TypeError for one that is no string
 */
export async function* planTexts<E extends ElementType>(
  texts: Iterable<string> | AsyncIterable<string>,
  options: PlanOptions<E>,
): AsyncGenerator<SectionFacts | "resumed", void, undefined> {
  const { directory, service, cache, planned, signal } = options;
  const { inputType } = directory.manifest;
  const { batchLimits } = service;
  const table = new PlaceTable(maxRemembered);
  const all = createHash("sha256");
  const reader = new BlockReader(texts, signal);
  const memory = Buffer.allocUnsafeSlow(textsPerBlock * hashSize);
  try {
    for (const facts of planned) await readAgain(facts, directory, reader, table, all);
    const last = planned.at(-1);
    if (last?.last && (await reader.load())) {
      throw different(directory, `there are more than the ${last.first + last.count} that were planned`);
    }
    yield "resumed";
    if (last?.last) return;

    let section = planned.length;
    let first = last === undefined ? 0 : last.first + last.count;
    const partsBefore = planned.reduce((sum, { parts }) => sum + parts.length, 0);
    let open = new OpenSection(directory, section, first, partsBefore);
    const close = async (isLast: boolean): Promise<SectionFacts> => {
      const facts = await open.close(all.copy().digest("hex"), isLast);
      first += facts.count;
      open = new OpenSection(directory, ++section, first, open.nextPart);
      return facts;
    };
    try {
      while (await reader.load()) {
        const block = reader.takeAll();
        const hashes = block.map((text, at) => hashInto(memory, at, text));
        const cached = await lookUp(block, hashes, table, cache);
        for (const [at, text] of block.entries()) {
          if (open.count === textsPerSection) yield await close(false);
          const textHash = hashes[at]!;
          const known = table.get(textHash);
          const found = cached.get(at);
          if (known !== undefined) {
            open.addKnown(known);
          } else if (found !== undefined) {
            const { part, position } = await open.addCached(text, found);
            table.add(textHash, part, position);
          } else {
            const size = sizeOf(text, first + open.count);
            const isFull =
              typeof size === "number" &&
              (open.inputs === batchLimits.inputs || open.bytes + size > batchLimits.bytes);
            if (isFull) yield await close(false);
            const { part, position } =
              typeof size === "number" ? await open.addInput(text, size) : await open.addRefused(text, size);
            table.add(textHash, part, position);
          }
          all.update(textHash.subarray(0, keptHash));
        }
      }
      yield await close(true);
    } finally {
      await open.discard();
    }
  } finally {
    table.free();
    await reader.close();
  }

  /** Bytes of the line of a text, or why it cannot be sent. With its index for an id, it is not shorter than with its position. */
  function sizeOf(text: string, index: number): number | StoredFailure {
    try {
      return lineBytes(service, String(index), text, inputType);
    } catch (error) {
      if (error instanceof TypeError || error instanceof RangeError)
        return storedFailure(error, String(index));
      throw error;
    }
  }
}

const hashSize = 32;

/** The hash of a text, as a part of memory that is used again: a buffer for each takes longer than the hash itself. */
function hashInto(memory: Buffer, at: number, text: string): Buffer {
  const start = at * hashSize;
  memory.write(hash("sha256", text, "binary"), start, "binary");
  return memory.subarray(start, start + hashSize);
}

/** The embeddings of those texts of a block that are new and in the cache. */
async function lookUp<E extends ElementType>(
  block: readonly string[],
  hashes: readonly Buffer[],
  table: PlaceTable,
  cache: BatchCache<E> | undefined,
): Promise<Map<number, EmbeddingOf<E>>> {
  const found = new Map<number, EmbeddingOf<E>>();
  if (cache === undefined) return found;
  const asked = [...block.keys()].filter((at) => table.get(hashes[at]!) === undefined);
  const embeddings = await cache.read(asked.map((at) => block[at]!));
  for (const [at, embedding] of embeddings.entries()) {
    if (embedding !== undefined) found.set(asked[at]!, embedding);
  }
  return found;
}

/** Reads the texts of a section that exists, and checks that they are the same. */
async function readAgain(
  { section, first, count, hash: expected }: SectionFacts,
  directory: RunDirectory,
  reader: BlockReader,
  table: PlaceTable,
  all: ReturnType<typeof createHash>,
): Promise<void> {
  const places = await readPlaces(directory.section(section), count);
  const memory = Buffer.allocUnsafeSlow(hashSize);
  for (let at = 0; at < count; at++) {
    if (reader.isEmpty && !(await reader.load())) {
      throw different(directory, `there are ${first + at}, and ${first + count} or more were planned`);
    }
    const textHash = hashInto(memory, 0, reader.take());
    if (table.get(textHash) === undefined) table.add(textHash, places.part(at), places.position(at));
    all.update(textHash.subarray(0, keptHash));
  }
  if (all.copy().digest("hex") !== expected) {
    throw different(directory, `one of texts[${first}] to texts[${first + count - 1}] is another`);
  }
}

function different(directory: RunDirectory, problem: string): RunFileError {
  return new RunFileError(
    `the texts are not those of the run in ${directory.path}: ${problem}. Pass the same texts in the same order to go on ` +
      "with it, or name another directory for a new run",
  );
}

/** Texts one after another, which arrive in blocks. */
class BlockReader {
  readonly #blocks: AsyncGenerator<string[], void, undefined>;
  #block: string[] = [];
  #at = 0;

  constructor(texts: Iterable<string> | AsyncIterable<string>, signal: AbortSignal) {
    this.#blocks = textBlocks(texts, signal);
  }

  get isEmpty(): boolean {
    return this.#at === this.#block.length;
  }

  /** Whether there is another text: if need be, waits for it. */
  async load(): Promise<boolean> {
    if (!this.isEmpty) return true;
    const next = await this.#blocks.next();
    if (next.done) return false;
    this.#block = next.value;
    this.#at = 0;
    return true;
  }

  take(): string {
    return this.#block[this.#at++]!;
  }

  takeAll(): string[] {
    const rest = this.#block.slice(this.#at);
    this.#at = this.#block.length;
    return rest;
  }

  async close(): Promise<void> {
    await this.#blocks.return();
  }
}
