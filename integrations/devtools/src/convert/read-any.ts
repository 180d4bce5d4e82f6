import { createReadStream, readFileSync } from "node:fs";
import { basename } from "node:path";
import type { DevtoolsRecord, EventRecord } from "../record/devtools-record.ts";
import { readRecord, RecordError } from "../record/read-record.ts";
import { fromChrome, isChrome } from "./from-chrome.ts";
import { fromOtlp, isOtlp } from "./from-otlp.ts";

/**
 * Reads a record, or a file of another tool as if it were one: OTLP/JSON (one object, or one a line, as collectors write it), or
 * a Chrome trace. Those are read as a whole.
 *
 * @throws RecordError for any other file; what the file system throws
 */
export async function* readAny(path: string): AsyncGenerator<DevtoolsRecord> {
  if (await isRecord(path)) yield* readRecord(path);
  else yield* readForeign(path);
}

function* readForeign(path: string): Generator<DevtoolsRecord> {
  const values = jsonOf(path);
  const isKnown = values.length > 0 && values.every((value) => isOtlp(value) || isChrome(value));
  if (!isKnown) {
    throw new RecordError(`${path} is no record of @llx/devtools, no OTLP/JSON and no Chrome trace`);
  }
  const events: EventRecord[] = [];
  for (const value of values) {
    for (const event of isOtlp(value) ? fromOtlp(value) : fromChrome(value)) events.push(event);
  }
  // Spans are written when they end, a record has outer ones first.
  const sorted = events.toSorted((a, b) => a.time - b.time || b.end - a.end);
  const time = sorted[0]?.time ?? 0;
  yield { kind: "process", source: "1", program: basename(path), node: "unknown", time };
  yield* sorted;
}

/** By its first bytes: a record begins with its head. */
export async function isRecord(path: string): Promise<boolean> {
  let begin = "";
  for await (const piece of createReadStream(path, { end: 63, encoding: "utf8" })) begin += String(piece);
  return /^\{\s*"kind"\s*:/.test(begin);
}

function jsonOf(path: string): unknown[] {
  const content = readFileSync(path, "utf8");
  try {
    return [JSON.parse(content)];
  } catch {
    // One object a line.
  }
  try {
    const lines = content.split("\n").filter((line) => line.trim() !== "");
    return lines.map((line): unknown => JSON.parse(line));
  } catch {
    return [];
  }
}
