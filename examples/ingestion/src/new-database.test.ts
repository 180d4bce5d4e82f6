import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDatabase } from "./new-database.ts";

let home: string;
let cache: string;
/** The directories that have been initialised. */
let made: string[];

async function initialise(directory: string): Promise<void> {
  made.push(directory);
  mkdirSync(join(directory, "base"), { recursive: true });
  writeFileSync(join(directory, "base", "1"), "rows");
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "llx-new-database-"));
  cache = join(home, "cache");
  made = [];
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

describe("a new database", () => {
  it("is initialised once, and copied from then on", async () => {
    await makeDatabase(join(home, "one"), cache, initialise);
    writeFileSync(join(home, "one", "base", "1"), "changed");
    await makeDatabase(join(home, "other"), cache, initialise);
    expect(made).toHaveLength(1);
    expect(readFileSync(join(home, "other", "base", "1"), "utf8")).toBe("rows");
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^pglite-\d+\.\d+\.\d+$/)]);
  });

  it("is not copied from one that was left half-made", async () => {
    const fail = async (directory: string): Promise<void> => {
      await initialise(directory);
      if (directory.startsWith(cache)) throw new Error("no space left");
    };
    await makeDatabase(join(home, "one"), cache, fail);
    expect(readdirSync(cache)).toEqual([]);
    expect(made).toEqual([expect.stringContaining(cache), join(home, "one")]);
  });

  it("is initialised in its place where the cache cannot be written", async () => {
    writeFileSync(cache, "a file where the folder should be");
    await makeDatabase(join(home, "one"), cache, initialise);
    expect(made).toEqual([join(home, "one")]);
    expect(existsSync(join(home, "one", "base", "1"))).toBe(true);
  });

  it("is copied from that of another process that was faster", async () => {
    const beaten = async (directory: string): Promise<void> => {
      await initialise(directory);
      await initialise(directory.replace(/-of-\d+$/, ""));
    };
    await makeDatabase(join(home, "one"), cache, beaten);
    expect(readdirSync(cache)).toHaveLength(1);
    expect(readFileSync(join(home, "one", "base", "1"), "utf8")).toBe("rows");
  });
});
