import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockDirectory } from "./directory-lock.ts";

const module = JSON.stringify(new URL("directory-lock.ts", import.meta.url).href);
const script = `
const { lockDirectory } = await import(${module});
try {
  globalThis.lock = lockDirectory(process.argv[2], "llx-test", "Close it");
  process.send("locked");
} catch (error) {
  process.send(error.message);
}
process.on("message", () => { globalThis.lock.release(); process.send("released"); });
`;

let folder: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "llx-lock-")));
  file = join(folder, "holder.mjs");
  writeFileSync(file, script);
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** A process that tries to take the lock, and its output. */
async function locker(directory: string): Promise<{ child: ChildProcess; said: unknown }> {
  const child = fork(file, [directory], { execArgv: ["--disable-warning=ExperimentalWarning"] });
  children.push(child);
  const [said] = await once(child, "message");
  return { child, said };
}

describe("lockDirectory", () => {
  it("refuses a second process, and names the holder and the remedy", async () => {
    const directory = join(folder, "jobs");
    const { child, said } = await locker(directory);
    expect(said).toBe("locked");
    expect(() => lockDirectory(directory, "llx-test", "Close it")).toThrow(
      `the directory ${directory} is in use by process ${child.pid}: Close it`,
    );
  });

  it("is free again when its holder is killed or releases it", async () => {
    const { child } = await locker(folder);
    child.kill("SIGKILL");
    await once(child, "exit");
    const second = await locker(folder);
    expect(second.said).toBe("locked");
    second.child.send("release");
    await once(second.child, "message");
    const lock = lockDirectory(folder, "llx-test", "Close it");
    lock.release();
  });

  it("refuses the same process, also by another path", () => {
    const lock = lockDirectory(folder, "llx-test", "Close it");
    const link = `${folder}-link`;
    symlinkSync(folder, link);
    expect(() => lockDirectory(link, "llx-test", "Close it")).toThrow("is in use by this process");
    lock.release();
    lockDirectory(link, "llx-test", "Close it").release();
    rmSync(link);
  });

  it("may be released twice, and leaves the next holder alone then", () => {
    const first = lockDirectory(folder, "llx-test", "Close it");
    first.release();
    const second = lockDirectory(folder, "llx-test", "Close it");
    first.release();
    expect(() => lockDirectory(folder, "llx-test", "Close it")).toThrow("is in use by this process");
    second.release();
  });

  it("says which option names a file, or a place below one", () => {
    for (const path of [file, join(file, "a", "b")]) {
      const message = `directory is ${path}, but ${file} is a file; name a directory, or one that does not exist`;
      expect(() => lockDirectory(path, "llx-test", "Close it")).toThrow(
        expect.objectContaining({ message, cause: expect.objectContaining({ syscall: "mkdir" }) }),
      );
    }
  });

  it("says which option names a directory that the system refuses, why, and what to do", () => {
    const remedy = "Name a directory in which this process may read and write";
    const link = join(folder, "link");
    symlinkSync(link, link);
    const loop = expect.objectContaining({
      message: expect.stringMatching(
        `^directory is ${link}, which the system refuses: ELOOP: .*\\. ${remedy}$`,
      ) as string,
      cause: expect.objectContaining({ code: "ELOOP" }),
    });
    expect(() => lockDirectory(link, "llx-test", "Close it")).toThrow(loop);
    mkdirSync(join(folder, "llx-test.lock"));
    expect(() => lockDirectory(folder, "llx-test", "Close it", RangeError)).toThrow(
      new RangeError(
        `directory is ${folder}, which the system refuses: llx-test.lock: unable to open database file. ${remedy}`,
      ),
    );
  });

  it("is not kept by a process that may not write its id", () => {
    mkdirSync(join(folder, "llx-test.pid"));
    expect(() => lockDirectory(folder, "llx-test", "Close it")).toThrow(
      `directory is ${folder}, which the system refuses: EISDIR: `,
    );
    rmSync(join(folder, "llx-test.pid"), { recursive: true });
    lockDirectory(folder, "llx-test", "Close it").release();
  });

  it("has one holder, however many processes try at once", async () => {
    const tries = await Promise.all(Array.from({ length: 6 }, () => locker(folder)));
    expect(tries.filter(({ said }) => said === "locked")).toHaveLength(1);
    expect(tries.filter(({ said }) => String(said).includes("is in use by"))).toHaveLength(5);
  });
});
