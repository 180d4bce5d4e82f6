import { createReadStream } from "node:fs";
import { type DevtoolsRecord, recordVersion } from "./devtools-record.ts";
import { LineSplitter } from "./line-splitter.ts";

/** A file is not a record, or one of its lines is malformed. The message names the file and the line. */
export class RecordError extends Error {
  override readonly name = "RecordError";
}

/** No line that this package writes comes near it. */
export const longestLine: number = 4 * 1024 * 1024;

const string = (value: unknown): boolean => typeof value === "string";
const number = (value: unknown): boolean => typeof value === "number";
const list = (value: unknown): boolean => Array.isArray(value);
const object = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a line of each kind must have; the rest may be missing. */
const needed: Readonly<Record<string, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  record: { version: number, time: number },
  process: { source: string, program: string, time: number },
  start: { id: string, type: string, trace: string, time: number },
  end: { id: string, time: number, status: string },
  event: { id: string, type: string, trace: string, time: number, end: number, status: string },
  state: { source: string, time: number, calls: list, semaphores: list },
  stall: { source: string, time: number, report: string },
  deadlock: { source: string, time: number, message: string },
  warning: { source: string, time: number, code: string, message: string },
  skipped: { source: string, time: number, count: number },
  prices: { prices: object },
  exit: { time: number },
};

/**
 * Reads one line.
 *
 * @returns `undefined` for a kind that this version does not know
 * @throws RecordError for what is no line of a record
 */
export function parseRecord(line: string): DevtoolsRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new RecordError("is not JSON");
  }
  if (!object(value)) throw new RecordError("is no JSON object");
  const record = value as Readonly<Record<string, unknown>>;
  const { kind } = record;
  if (typeof kind !== "string") throw new RecordError('has no "kind"');
  const fields = Object.hasOwn(needed, kind) ? needed[kind] : undefined;
  if (fields === undefined) return undefined;
  for (const [name, isRight] of Object.entries(fields)) {
    if (!isRight(record[name])) throw new RecordError(`of kind "${kind}" has no valid "${name}"`);
  }
  return record as unknown as DevtoolsRecord;
}

/**
 * Reads a record line by line; it keeps only one in memory. Kinds of lines that this version does not know are passed over, and so is
 * the last line if it was cut off, as where a process was killed.
 *
 * @throws RecordError for a file that is not a record, has a later version, or has a malformed line; what the file system throws
 *
 * @example
 * ```ts
 * for await (const line of readRecord("run.ndjson")) {
 *   if (line.kind === "event" && line.status === "error") console.log(line.type, line.error?.message);
 * }
 * ```
 */
export async function* readRecord(path: string): AsyncGenerator<DevtoolsRecord, void, undefined> {
  const lines = new LineSplitter(longestLine);
  let count = 0;
  const fail = (why: string): RecordError => new RecordError(`${path}, line ${count}: ${why}`);
  for await (const bytes of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    try {
      for (const line of lines.add(bytes as Buffer)) {
        count++;
        const record = parseRecord(line);
        if (count === 1) checkHead(record);
        if (record !== undefined) yield record;
      }
    } catch (error) {
      if (error instanceof RangeError) {
        count++;
        throw fail(`the line ${error.message}`);
      }
      throw error instanceof RecordError ? fail(`the line ${error.message}`) : error;
    }
  }
  if (count === 0) throw new RecordError(`${path} is not a record of @llx/devtools: it has no whole line`);
}

function checkHead(record: DevtoolsRecord | undefined): void {
  if (record?.kind !== "record") {
    throw new RecordError('is not the head of a record, such as {"kind":"record","version":1,…}');
  }
  if (record.version !== recordVersion) {
    throw new RecordError(
      `says version ${record.version}; this @llx/devtools reads version ${recordVersion}: use the one that wrote it`,
    );
  }
}
