import { closeSync, openSync, writeSync } from "node:fs";
import { recordVersion, type DevtoolsRecord } from "./devtools-record.ts";

/**
 * A record that grows: a file, and those who wait for more of it. Lines are written at once, so that nothing is lost if the process
 * exits, and nothing is kept in memory.
 */
export class RecordLog {
  readonly path: string;
  /** Bytes so far. */
  size = 0;
  /** Whether more can come. */
  isOpen = true;
  readonly #file: number;
  readonly #waiting = new Set<() => void>();

  /**
   * @param path is created, or emptied; only its owner may read it
   * @throws what the file system throws
   */
  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, "w", 0o600);
    this.write([JSON.stringify({ kind: "record", version: recordVersion, time: Date.now() })]);
  }

  /** @throws what the file system throws */
  write(lines: readonly string[]): void {
    if (lines.length === 0 || !this.isOpen) return;
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    for (let done = 0; done < bytes.length;) done += writeSync(this.#file, bytes, done);
    this.size += bytes.length;
    this.#wake();
  }

  /** Writes one line. */
  add(record: DevtoolsRecord): void {
    this.write([JSON.stringify(record)]);
  }

  /** Resolves when there is more than this many bytes, or when no more can come. */
  async more(than: number, signal: AbortSignal): Promise<void> {
    while (this.isOpen && this.size <= than && !signal.aborted) {
      // oxlint-disable-next-line no-await-in-loop -- one wait after another
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    closeSync(this.#file);
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
