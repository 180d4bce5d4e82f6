import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { isObject, show, unreadable } from "./json-file.ts";

/** A tensor as the header of a file describes it. */
export interface TensorEntry {
  /** Its element type, such as `F16`. */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes are in the file. */
  readonly start: number;
  readonly end: number;
}

/** A tensor of a file: its bytes are a view of the file's. */
export interface StoredTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Little-endian, row by row. */
  readonly bytes: Uint8Array;
}

/** The most that the format allows. */
const longestHeader = 100_000_000;

/**
 * What is in a safetensors file, by name, of which only the beginning is read.
 *
 * @throws TypeError if the file is not complete, or something else
 * @see https://github.com/huggingface/safetensors#format
 */
export function readHeader(path: string): ReadonlyMap<string, TensorEntry> {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const length = size < 8 ? 0 : Number(read(file, 0, 8).readBigUInt64LE());
    const data = 8 + length;
    if (length < 2 || length > longestHeader || data > size) {
      throw unreadable(path, "it does not begin with the header of a safetensors file");
    }
    const entries = new Map<string, TensorEntry>();
    for (const [name, entry] of Object.entries(parseHeader(path, read(file, 8, length)))) {
      if (name === "__metadata__") continue;
      if (!isEntry(entry)) throw unreadable(path, `the header has ${show(entry)} for ${name}`);
      const { dtype, shape, data_offsets: offsets } = entry;
      const [start, end] = [data + offsets[0], data + offsets[1]];
      if (end > size) throw unreadable(path, `the weights ${name} are cut off: the file is not complete`);
      entries.set(name, { dtype, shape, start, end });
    }
    return entries;
  } finally {
    closeSync(file);
  }
}

/** All tensors of a file, by name. */
export function readTensors(path: string): ReadonlyMap<string, StoredTensor> {
  const entries = readHeader(path);
  const file = readFileSync(path);
  return new Map(
    Array.from(entries, ([name, { dtype, shape, start, end }]) => [
      name,
      { dtype, shape, bytes: new Uint8Array(file.buffer, file.byteOffset + start, end - start) },
    ]),
  );
}

function read(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  readSync(file, bytes, 0, length, from);
  return bytes;
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (isObject(header)) return header;
  } catch {
    // It is said below.
  }
  throw unreadable(path, "its header is not a JSON object");
}

interface HeaderEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [start: number, end: number];
}

function isEntry(entry: unknown): entry is HeaderEntry {
  if (!isObject(entry) || typeof entry["dtype"] !== "string") return false;
  const offsets = entry["data_offsets"];
  if (!areCounts(entry["shape"]) || !areCounts(offsets) || offsets.length !== 2) return false;
  return offsets[0]! <= offsets[1]!;
}

const areCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
