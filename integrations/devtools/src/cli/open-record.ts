import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRecord, RecordError } from "../record/read-record.ts";
import { DevtoolsServer } from "../server/devtools-server.ts";
import { type OpenCommand, UsageError } from "./arguments.ts";
import { interrupted, say, show } from "./run-program.ts";

/**
 * Shows a record until Ctrl-C.
 *
 * @throws UsageError for a file that is no record
 */
export async function openRecord(command: OpenCommand): Promise<void> {
  const { file } = command;
  const size = await check(file);
  const log = {
    path: file,
    size,
    more: async (_: number, signal: AbortSignal) => {
      if (!signal.aborted) await once(signal, "abort");
    },
  };
  const folder = mkdtempSync(join(tmpdir(), "llx-devtools-"));
  try {
    const server = new DevtoolsServer({ current: () => log }, true);
    await show(server, command, folder);
    say("press Ctrl-C to end");
    await interrupted();
    await server.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads it once, so that what is wrong is said here, and not on the page. */
async function check(file: string): Promise<number> {
  try {
    // oxlint-disable-next-line no-unused-vars, no-empty -- reading is the check
    for await (const _ of readRecord(file)) {
    }
    return statSync(file).size;
  } catch (error) {
    if (error instanceof RecordError) throw new UsageError(error.message);
    throw new UsageError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    );
  }
}
