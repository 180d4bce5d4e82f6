import { randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { longestLine } from "../record/read-record.ts";
import type { ReadableLog, RecordSource } from "./record-source.ts";

/** Bytes of a message, unless a line is longer. */
const pieceSize = 256 * 1024;
/** A comment now and then shows a broken connection to both sides; in milliseconds. */
const heartbeat = 15_000;

const ids = new WeakMap<ReadableLog, string>();

function idOf(log: ReadableLog): string {
  let id = ids.get(log);
  if (id === undefined) ids.set(log, (id = randomUUID()));
  return id;
}

/**
 * Sends a record as server-sent events, and what is added to it. The id of each is the position after it: a page that
 * comes back goes on there. What a slow page has not read stays in the file, not in memory.
 *
 * @param lastId of the last message that the page has received, if any
 */
export async function streamRecord(
  source: RecordSource,
  response: ServerResponse,
  lastId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  let log = source.current();
  let position = positionIn(log, lastId);
  const beat = setInterval(() => response.write(":\n\n"), heartbeat).unref();
  try {
    if (position === 0) response.write(restart());
    while (!signal.aborted) {
      // oxlint-disable no-await-in-loop -- one piece after another, as fast as the page reads
      if (position >= log.size) {
        if (log.isComplete) response.write("event: complete\ndata:\n\n");
        await moreOf(source, log, position, signal);
        if (source.current() !== log) {
          log = source.current();
          position = 0;
          response.write(restart());
        }
        continue;
      }
      const lines = await readLines(log, position);
      if (lines === undefined) {
        if (log.isComplete) response.write("event: complete\ndata:\n\n");
        await moreOf(source, log, log.size, signal);
        continue;
      }
      position += Buffer.byteLength(lines);
      const data = lines.trimEnd().replaceAll("\n", "\ndata:");
      const isRoom = response.write(`id:${idOf(log)}/${position}\ndata:${data}\n\n`);
      if (!isRoom && !signal.aborted) await once(response, "drain", { signal });
      // oxlint-enable no-await-in-loop
    }
  } catch (error) {
    // The page has gone.
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(beat);
    response.end();
  }
}

const restart = (): string => "event: restart\ndata:\n\n";

/** Waits for more, or for a record that takes the place of this one, which closes it. */
async function moreOf(
  source: RecordSource,
  log: ReadableLog,
  than: number,
  signal: AbortSignal,
): Promise<void> {
  await log.more(than, signal);
  if (log.size > than || source.current() !== log || signal.aborted) return;
  // It is complete: the page stays open, and so does the connection.
  await once(signal, "abort");
}

/** A page may come back to another record than the one it knows. */
function positionIn(log: ReadableLog, lastId: string | undefined): number {
  const [id, position] = lastId?.split("/") ?? [];
  const known = id === idOf(log) && /^\d+$/.test(position ?? "") ? Number(position) : 0;
  return known <= log.size ? known : 0;
}

/** Whole lines from a position on; `undefined` where there is none. */
async function readLines(log: ReadableLog, position: number): Promise<string | undefined> {
  const file = await open(log.path, "r");
  try {
    for (let size = pieceSize; size <= longestLine; size *= 2) {
      const length = Math.min(size, log.size - position);
      // oxlint-disable-next-line no-await-in-loop -- a longer piece only where a line is longer
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a);
      if (end >= 0) return buffer.toString("utf8", 0, end + 1);
      if (bytesRead < size) return undefined;
    }
    return undefined;
  } finally {
    await file.close();
  }
}
