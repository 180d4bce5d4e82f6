import { Buffer } from "node:buffer";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readForm } from "./read-form.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "llx-form-"));
});
afterEach(() => rm(folder, { recursive: true }));

const form = [
  "--b1",
  'content-disposition: form-data; name="file"; filename="in.jsonl"',
  "content-type: application/octet-stream",
  "",
  "one\n--b\r\n-b1\r\n\n",
  "--b1",
  'Content-Disposition: form-data; name="purpose"',
  "",
  "batch",
  "--b1--",
  "",
].join("\r\n");

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

describe("a form", () => {
  it.each([1, 2, 3, 7, 64, 10_000])("is read in pieces of %i bytes", async (size) => {
    const path = join(folder, "file");
    const read = await readForm(inPieces(form, size), 'multipart/form-data; boundary="b1"', path);
    expect(read).toEqual({
      fields: { purpose: "batch" },
      file: { name: "in.jsonl", bytes: 15, path },
    });
    expect(await readFile(path, "utf8")).toBe("one\n--b\r\n-b1\r\n\n");
  });

  it.each([
    ["application/json", form, "the content type must be multipart/form-data"],
    ["multipart/form-data; boundary=b1", form.slice(0, -6), "the form has no end"],
    ["multipart/form-data; boundary=other", form, "the form has no end"],
  ])("of %s that is none is refused", async (type, text, message) => {
    await expect(readForm(inPieces(text, 50), type, join(folder, "file"))).rejects.toThrow(
      new SyntaxError(message),
    );
  });
});
