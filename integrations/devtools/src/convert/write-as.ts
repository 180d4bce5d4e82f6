import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { type DevtoolsRecord, recordVersion } from "../record/devtools-record.ts";
import { ChromeRows, chromeFrame, toChromeEvent } from "./to-chrome.ts";
import { otlpFrame, toOtlpSpan } from "./to-otlp.ts";
import { type WholeEvent, wholeEvents } from "./whole-events.ts";

/** The formats that a record can be written in. */
export const formats = ["record", "otlp", "chrome"] as const;
export type Format = (typeof formats)[number];

/**
 * Writes events in a format.
 *
 * @throws what the file system throws
 */
export async function writeAs(
  format: Format,
  records: AsyncIterable<DevtoolsRecord>,
  path: string,
): Promise<void> {
  await pipeline(textsOf(format, records), createWriteStream(path, { mode: 0o600 }));
}

async function* textsOf(format: Format, records: AsyncIterable<DevtoolsRecord>): AsyncGenerator<string> {
  if (format === "record") {
    yield `${JSON.stringify({ kind: "record", version: recordVersion, time: Date.now() })}\n`;
    for await (const record of records) if (record.kind !== "record") yield `${JSON.stringify(record)}\n`;
    return;
  }
  const [before, after] = format === "otlp" ? otlpFrame : chromeFrame;
  let separator = before;
  const values = format === "otlp" ? spans(wholeEvents(records)) : chromeEvents(wholeEvents(records));
  for await (const value of values) {
    yield separator + JSON.stringify(value);
    separator = ",\n";
  }
  yield (separator === before ? before : "") + after;
}

async function* spans(events: AsyncIterable<WholeEvent>): AsyncGenerator<object> {
  for await (const event of events) yield toOtlpSpan(event);
}

/** In the order of their starts, which all of them have to be known for. */
async function* chromeEvents(events: AsyncIterable<WholeEvent>): AsyncGenerator<object> {
  const all = await Array.fromAsync(events);
  const last = all.reduce((latest, { time, end }) => Math.max(latest, end ?? time), 0);
  const rows = new ChromeRows();
  // The longer one of two that begin together is around the other.
  for (const event of all.sort((a, b) => a.time - b.time || (b.end ?? last) - (a.end ?? last))) {
    yield toChromeEvent(event, rows.rowOf(event.time, event.end ?? last), last);
  }
}
