import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A filesystem of the test's own, in memory. */
export class SmallDisk implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "llx-small-disk-"));

  /** @throws Error where this process may not mount a filesystem, as without root or on another system than Linux */
  constructor(megabytes: number) {
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", this.path], {
        stdio: "pipe",
      });
    } catch (error) {
      rmSync(this.path, { recursive: true });
      throw error;
    }
  }

  /** Fills the remaining space. */
  fill(): void {
    const file = openSync(join(this.path, "filler"), "a");
    try {
      for (const size of [1_000_000, 4096, 1]) writeAll(file, Buffer.alloc(size));
    } finally {
      closeSync(file);
    }
  }

  /** Frees the space that {@link fill} has taken. */
  free(): void {
    rmSync(join(this.path, "filler"), { force: true });
  }

  [Symbol.dispose](): void {
    execFileSync("umount", ["--lazy", this.path]);
    rmSync(this.path, { recursive: true });
  }
}

function writeAll(file: number, block: Buffer): void {
  for (;;) {
    try {
      writeSync(file, block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") return;
      throw error;
    }
  }
}

/** Whether tests can have a filesystem of their own; says why not. */
export function canMount(): boolean {
  try {
    new SmallDisk(1)[Symbol.dispose]();
    return true;
  } catch (error) {
    console.warn(`tests of full disks are SKIPPED: no filesystem can be mounted here: ${String(error)}`);
    return false;
  }
}
