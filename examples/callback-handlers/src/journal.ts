import { type FileHandle, open } from "node:fs/promises";
import type { AnyEventEnd, CallbackHandler } from "@llx/callbacks";

/**
 * An asynchronous handler: writes a line of JSON to a file for each event. The work does not wait for it; the manager
 * gives it one event at a time, and its `aclose()` waits for the last one.
 */
export class Journal implements CallbackHandler {
  readonly name = "Journal";
  written = 0;
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string): Promise<Journal> {
    return new Journal(await open(path, "a"));
  }

  async onEventEnd(event: AnyEventEnd): Promise<void> {
    await this.#file.appendFile(`${JSON.stringify(event)}\n`);
    this.written++;
  }

  /** The manager calls it when all has been written. */
  aclose(): Promise<void> {
    return this.#file.close();
  }
}
