import { type FileHandle, open } from "node:fs/promises";
import type { AnyEventEnd, CallbackHandler } from "@llx/callbacks";

/**
 * An asynchronous handler: writes a line of JSON to a file per event. The work does not wait for it; the manager
 * passes it one event at a time, and its `aclose()` waits for the last one.
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

  /** Called by the manager when everything is written. */
  aclose(): Promise<void> {
    return this.#file.close();
  }
}
