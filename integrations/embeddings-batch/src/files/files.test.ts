import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PartTexts, TextsWriter } from "./part-texts.ts";
import { ResultsWriter, RoundResults } from "./results-file.ts";
import { RunDirectory } from "./run-directory.ts";
import { failureError, storedFailure } from "./stored-failure.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-files-"));
  path = join(folder, "file");
});

afterEach(() => rmSync(folder, { recursive: true }));

const round = { part: 3, round: 1, count: 3 };
const end = { batch: "b", failed: new Map(), again: [], usage: undefined };

describe("the texts of a part", () => {
  it("are read at any position, also long ones", async () => {
    const texts = ["", "é", "x".repeat(300_000), "𝄞", "last"];
    const writer = await TextsWriter.create(path);
    for (const text of texts) {
      // oxlint-disable-next-line no-await-in-loop -- one file
      await writer.append(text);
    }
    expect(readdirSync(folder)).toEqual(["file.unfinished"]);
    await writer.commit();
    expect(readdirSync(folder)).toEqual(["file"]);
    const part = await PartTexts.open(path);
    for (const position of [4, 0, 2, 1, 3, 2]) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await part.read(position)).toBe(texts[position]);
    }
    await part.close();
  });
});

describe("the results of a round", () => {
  it("are little-endian numbers in the order of the texts, whenever they came", async () => {
    const writer = await ResultsWriter.create(path);
    await writer.put(2, Float32Array.of(3, 4));
    await writer.put(0, Float32Array.of(1, 2));
    await writer.commit(round, undefined, { ...end, failed: new Map([[1, { name: "E", message: "m" }]]) });
    expect(readFileSync(path).subarray(0, 24).toString("hex")).toBe(
      "0000803f0000004000000000000000000000404000008040",
    );
    const results = await RoundResults.open(path);
    expect(await results.read(2, "float")).toEqual(Float32Array.of(3, 4));
    expect(results).toMatchObject({ part: 3, round: 1, batch: "b", count: 3, again: [] });
    expect([...results.failed]).toEqual([[1, { name: "E", message: "m" }]]);
    await results.close();
  });

  it.each([
    ["int8", Int8Array.of(-128, 127)],
    ["binary", Int8Array.of(-1, 5)],
    ["uint8", Uint8Array.of(0, 255)],
    ["ubinary", Uint8Array.of(170, 1)],
  ] as const)("keep embeddings of %s", async (elementType, embedding) => {
    const writer = await ResultsWriter.create(path);
    await writer.put(0, embedding);
    await writer.commit({ ...round, count: 1 }, undefined, end);
    const results = await RoundResults.open(path);
    expect(await results.read(0, elementType)).toEqual(embedding);
    await results.close();
  });

  it("keep the positions of a later round, and which texts go again", async () => {
    const writer = await ResultsWriter.create(path);
    await writer.put(0, Float32Array.of(1));
    await writer.commit({ ...round, round: 2 }, [4, 70_000, 70_001], { ...end, again: [1, 2] });
    const results = await RoundResults.open(path);
    expect(results).toMatchObject({ positions: [4, 70_000, 70_001], again: [1, 2] });
    await results.close();
  });

  it("have one length", async () => {
    const writer = await ResultsWriter.create(path);
    await writer.put(0, Float32Array.of(1));
    expect(() => writer.put(1, Float32Array.of(1, 2))).toThrow(
      "the service has returned embeddings of 4 and of 8 bytes in one batch",
    );
    await writer.discard();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a file that is complete", () => {
  it("stays, and its writer can be discarded, as after a failure beside it", async () => {
    const results = await ResultsWriter.create(path);
    await results.put(0, Float32Array.of(3, 4));
    await results.commit({ ...round, count: 1 }, undefined, end);
    await results.discard();
    const stored = await RoundResults.open(path);
    expect(await stored.read(0, "float")).toEqual(Float32Array.of(3, 4));
    await Promise.all([stored.close(), stored.close()]);

    const textsPath = join(folder, "texts");
    const texts = await TextsWriter.create(textsPath);
    await texts.append("a");
    await texts.commit();
    await texts.discard();
    const part = await PartTexts.open(textsPath);
    expect(await part.read(0)).toBe("a");
    await part.close();
    await part.close();
  });
});

describe("a file that is not what it should be", () => {
  const damaged = (): string => `${path} is damaged, or no file of a run`;

  it.each([
    ["empty", (): void => writeFileSync(path, "")],
    ["another file", (): void => writeFileSync(path, "a file of somebody else, which is long enough")],
    ["cut off", (): void => truncateSync(path, 10)],
    ["longer", (): void => appendFileSync(path, "x")],
  ])("is named: %s", async (_, spoil) => {
    const writer = await ResultsWriter.create(path);
    await writer.put(0, Float32Array.of(1));
    await writer.commit({ ...round, count: 1 }, undefined, end);
    spoil();
    await expect(RoundResults.open(path)).rejects.toThrow(damaged());
  });

  it("is named if it is of another kind, or of a later version", async () => {
    const writer = await ResultsWriter.create(path);
    await writer.commit({ ...round, count: 0 }, undefined, end);
    await expect(PartTexts.open(path)).rejects.toThrow(damaged());
    const later = readFileSync(path, "latin1").replace('"version":1', '"version":2');
    writeFileSync(path, later, "latin1");
    await expect(RoundResults.open(path)).rejects.toThrow(
      `${path} has version 2 of the format of runs; this package reads version 1`,
    );
  });

  it("is named if it is run.json", async () => {
    const file = join(folder, "run.json");
    await expect(RunDirectory.open(folder)).rejects.toThrow(
      `there is no run in ${folder}: ${file} does not exist`,
    );
    writeFileSync(file, "{");
    await expect(RunDirectory.open(folder)).rejects.toThrow(`${file} is damaged`);
    writeFileSync(file, '{"format": "llx-embedding-run", "version": 9}');
    await expect(RunDirectory.open(folder)).rejects.toThrow(`${file} has version 9`);
  });
});

describe("a failure that is stored", () => {
  it("is an error with its name and message when it is read", () => {
    const error = failureError(storedFailure(new RangeError("too long")));
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.message, String(error)]).toEqual([
      "RangeError",
      "too long",
      "RangeError: too long",
    ]);
    expect(storedFailure("words")).toEqual({ name: "Error", message: 'the string "words"' });
  });
});
