import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord, readAny } from "../convert/read-any.ts";
import { writeAs } from "../convert/write-as.ts";
import { readRecord, RecordError } from "../record/read-record.ts";
import { DevtoolsServer } from "../server/devtools-server.ts";
import { type ConvertCommand, type OpenCommand, UsageError } from "./arguments.ts";
import { codeOf, interrupted, say, show } from "./run-program.ts";

/**
 * Shows a record until Ctrl-C.
 *
 * @throws UsageError for a file that is no record
 */
export async function openRecord(command: OpenCommand): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "llx-devtools-"));
  try {
    const file = await recordOf(command.file, folder);
    const log = {
      path: file,
      size: statSync(file).size,
      isComplete: true,
      more: async (_: number, signal: AbortSignal) => {
        if (!signal.aborted) await once(signal, "abort");
      },
    };
    const server = new DevtoolsServer({ current: () => log }, true);
    await show(server, command, folder);
    say("press Ctrl-C to end");
    await interrupted();
    await server.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The record itself, read once so that what is wrong is said here and not on the page; or one that is made of a file of another
 * tool.
 */
async function recordOf(file: string, folder: string): Promise<string> {
  try {
    if (!(await isRecord(file))) {
      const made = join(folder, "record.ndjson");
      await writeAs("record", readAny(file), made);
      return made;
    }
    // oxlint-disable-next-line no-unused-vars, no-empty -- reading is the check
    for await (const _ of readRecord(file)) {
    }
    return file;
  } catch (error) {
    if (error instanceof RecordError) throw new UsageError(error.message);
    throw new UsageError(`${file} cannot be read (${codeOf(error)})`);
  }
}

/**
 * Writes a file in another format.
 *
 * @throws UsageError for a file that is of none of them, or cannot be read or written
 */
export async function convert({ format, file, target }: ConvertCommand): Promise<void> {
  try {
    statSync(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${codeOf(error)})`);
  }
  try {
    await writeAs(format, readAny(file), target);
  } catch (error) {
    if (error instanceof RecordError) throw new UsageError(error.message);
    throw new UsageError(`${target} cannot be written (${codeOf(error)})`);
  }
}
