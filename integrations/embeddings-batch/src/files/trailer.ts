import type { FileHandle } from "node:fs/promises";
import type { DurableFile } from "./durable-file.ts";
import { damaged, RunFileError } from "./run-file-error.ts";

/** The end of each binary file: JSON, its length in 4 bytes, and these 8. */
const magic = "LLXRUN1\n";
const tailSize = 4 + magic.length;
/** The version of all formats of a run. */
export const formatVersion = 1;

/** Ends a file with a description of what is in it, and makes it exist. */
export async function commitWithTrailer(file: DurableFile, kind: string, facts: object): Promise<void> {
  const json = Buffer.from(JSON.stringify({ kind, version: formatVersion, ...facts }));
  const tail = Buffer.alloc(tailSize);
  tail.writeUInt32LE(json.length);
  tail.write(magic, 4, "latin1");
  await file.append(json);
  await file.append(tail);
  await file.commit();
}

/**
 * Reads what a file says of itself.
 *
 * @throws RunFileError for a file that is no such file, is cut off, or is of a later version
 */
export async function readTrailer<T>(file: FileHandle, path: string, kind: string): Promise<T> {
  const { size } = await file.stat();
  const tail = await readExactly(file, Math.max(0, size - tailSize), Math.min(size, tailSize), path);
  if (tail.length < tailSize || tail.toString("latin1", 4) !== magic) throw damaged(path);
  const length = tail.readUInt32LE();
  if (length > size - tailSize) throw damaged(path);
  const json = await readExactly(file, size - tailSize - length, length, path);
  let facts: { kind?: unknown; version?: unknown };
  try {
    facts = JSON.parse(json.toString()) as typeof facts;
  } catch {
    throw damaged(path);
  }
  checkVersion(facts.version, path);
  if (facts.kind !== kind) throw damaged(path);
  return facts as T;
}

/** @throws RunFileError for a version that this package does not know */
export function checkVersion(version: unknown, path: string): void {
  if (version === formatVersion) return;
  throw new RunFileError(
    `${path} has version ${String(version)} of the format of runs; this package reads version ${formatVersion}. Use the ` +
      "version of @llx/embeddings-batch that has written it",
  );
}

/**
 * @param into memory to read into, which is used where it is large enough: blocks that are read one after another would
 *   otherwise be tens of megabytes of garbage
 * @throws RunFileError for a file that is too short
 */
export async function readExactly(
  file: FileHandle,
  position: number,
  length: number,
  path: string,
  into?: Buffer<ArrayBuffer>,
): Promise<Buffer<ArrayBuffer>> {
  const bytes =
    into === undefined || into.length < length ? Buffer.allocUnsafeSlow(length) : into.subarray(0, length);
  for (let done = 0; done < length;) {
    // oxlint-disable-next-line no-await-in-loop -- a read may give less than it is asked for
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw damaged(path);
    done += bytesRead;
  }
  return bytes;
}
