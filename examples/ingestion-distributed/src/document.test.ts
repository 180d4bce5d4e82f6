import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "./arguments.ts";
import { cutIntoPassages, findDocuments } from "./document.ts";

describe("cutIntoPassages", () => {
  it("makes a passage of each paragraph, and drops blank ones", () => {
    expect(cutIntoPassages("# Title\n\none\n  two\n\n \n\nthree\n")).toEqual(["# Title", "one two", "three"]);
    expect(cutIntoPassages(" \n\n")).toEqual([]);
  });

  it("cuts a long one between words, and a long word where it must", () => {
    const words = Array.from({ length: 300 }, (_, index) => `word${index}`).join(" ");
    const passages = cutIntoPassages(words);
    expect(passages.every(({ length }) => length <= 600)).toBe(true);
    expect(passages.map((passage) => passage.trim()).join(" ")).toBe(words);
    expect(cutIntoPassages("x".repeat(1300)).map(({ length }) => length)).toEqual([600, 600, 100]);
  });
});

describe("findDocuments", () => {
  it("finds Markdown and text, not in hidden folders and installed packages", async () => {
    const folder = await mkdtemp(join(tmpdir(), "llx-documents-"));
    try {
      for (const path of ["b.md", "a/c.txt", "a/picture.png", ".git/d.md", "node_modules/e/f.md"]) {
        // oxlint-disable-next-line no-await-in-loop -- few
        await mkdir(join(folder, path, ".."), { recursive: true });
        // oxlint-disable-next-line no-await-in-loop
        await writeFile(join(folder, path), "text");
      }
      expect(await findDocuments(folder)).toEqual(["a/c.txt", "b.md"]);
      await expect(findDocuments(join(folder, ".git", "none"))).rejects.toThrow(UsageError);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
