import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordSource } from "../server/record-source.ts";
import { RecordLog } from "../record/record-log.ts";
import type { EventRecorder } from "./event-recorder.ts";

/** A page that is reloaded comes back within this many milliseconds. */
const grace = 5_000;
/** A log of this many bytes is replaced by a new one, which begins with the latest events. */
const longestLog = 256 * 1024 * 1024;

/**
 * The record of a program while a page is open, in a temporary file. While none is, there is no file and nothing is written.
 */
export class LiveLog implements RecordSource {
  readonly #recorder: EventRecorder;
  readonly #first: readonly string[];
  readonly #longest: number;
  #folder: string | undefined;
  #log: RecordLog | undefined;
  #count = 0;
  #leaving: NodeJS.Timeout | undefined;

  /** @param first lines that every log begins with */
  constructor(recorder: EventRecorder, first: readonly string[], longest: number = longestLog) {
    this.#recorder = recorder;
    this.#first = first;
    this.#longest = longest;
  }

  current(): RecordLog {
    if (this.#log !== undefined && this.#log.size < this.#longest) return this.#log;
    if (this.#log === undefined) this.#recorder.attach(() => this.current());
    return this.#begin();
  }

  watched(pages: number): void {
    clearTimeout(this.#leaving);
    if (pages === 0) this.#leaving = setTimeout(() => this.close(), grace).unref();
  }

  /** Removes the file. A page that comes later finds a new one. */
  close(): void {
    clearTimeout(this.#leaving);
    if (this.#log === undefined) return;
    this.#recorder.detach();
    const log = this.#log;
    this.#log = undefined;
    log.close();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  #begin(): RecordLog {
    const before = this.#log;
    this.#folder ??= mkdtempSync(join(tmpdir(), "llx-devtools-"));
    const log = new RecordLog(join(this.#folder, `${this.#count++}.ndjson`));
    this.#log = log;
    log.write([...this.#first, ...this.#recorder.beginning()]);
    if (before !== undefined) {
      before.close();
      rmSync(before.path, { force: true });
    }
    return log;
  }
}
