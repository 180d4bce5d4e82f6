import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { LineSplitter } from "../record/line-splitter.ts";
import { longestLine } from "../record/read-record.ts";
import type { RecordLog } from "../record/record-log.ts";

interface ReadFile {
  readonly descriptor: number;
  readonly lines: LineSplitter;
  position: number;
}

const pieceSize = 1024 * 1024;

/** Copies what the processes of a program write, each to a file of its own, to one record. */
export class MergedRecord {
  readonly #folder: string;
  readonly #log: RecordLog;
  readonly #files = new Map<string, ReadFile>();
  readonly #buffer = Buffer.alloc(pieceSize);

  constructor(folder: string, log: RecordLog) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Copies the whole lines that have been added since the last time. */
  update(): void {
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith(".ndjson") || this.#files.has(name)) continue;
      const descriptor = openSync(join(this.#folder, name), "r");
      this.#files.set(name, { descriptor, lines: new LineSplitter(longestLine), position: 0 });
    }
    for (const file of this.#files.values()) this.#copy(file);
  }

  close(): void {
    for (const { descriptor } of this.#files.values()) closeSync(descriptor);
    this.#files.clear();
  }

  #copy(file: ReadFile): void {
    for (;;) {
      const read = readSync(file.descriptor, this.#buffer, 0, pieceSize, file.position);
      if (read === 0) return;
      file.position += read;
      const lines: string[] = [];
      for (const line of file.lines.add(this.#buffer.subarray(0, read))) {
        // The record has a head of its own.
        if (!line.startsWith('{"kind":"record",')) lines.push(line);
      }
      this.#log.write(lines);
    }
  }
}
