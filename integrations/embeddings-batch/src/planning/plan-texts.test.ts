import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PartTexts } from "../files/part-texts.ts";
import { RunDirectory } from "../files/run-directory.ts";
import { readPlaces, type SectionFacts } from "../files/section-file.ts";
import { readSections } from "../reading/run-log.ts";
import { FakeBatchService, vectorOf } from "../testing/fake-batch-service.ts";
import { planTexts } from "./plan-texts.ts";

let folder: string;
let directory: RunDirectory;
const service = new FakeBatchService({ batchLimits: { inputs: 3, bytes: 150 } });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "llx-plan-"));
  const { provider, model, elementType } = service;
  directory = await RunDirectory.openOrBegin(folder, { provider, model, elementType, inputType: "document" });
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Plans until it ends, or until so many sections exist. */
async function plan(
  texts: Iterable<string>,
  { most = Number.POSITIVE_INFINITY, cache }: { most?: number; cache?: Map<string, Float32Array> } = {},
): Promise<(SectionFacts | "resumed")[]> {
  const planned = await readSections(directory);
  await directory.removeUnfinished(planned.reduce((sum, { parts }) => sum + parts.length, 0));
  const found: (SectionFacts | "resumed")[] = [];
  const sections = planTexts(texts, {
    directory,
    service,
    cache: cache && service.openCache(cache),
    planned,
    signal: new AbortController().signal,
  });
  for await (const section of sections) {
    found.push(section);
    if (found.length > most) break;
  }
  return found;
}

/** The texts of each part, and the places of all texts. */
async function stored(): Promise<{ readonly parts: string[]; readonly places: string[] }> {
  const sections = await readSections(directory);
  const parts: string[] = [];
  const places: string[] = [];
  for (const { section, count, parts: own } of sections) {
    for (const { part, kind } of own) {
      // oxlint-disable-next-line no-await-in-loop -- few
      const texts = await PartTexts.open(directory.texts(part));
      // oxlint-disable-next-line no-await-in-loop
      const all: string[] = [];
      // oxlint-disable-next-line no-await-in-loop
      for (let at = 0; at < texts.count; at++) all.push(await texts.read(at));
      parts.push(`${part} ${kind}: ${all.join(" ")}`);
      // oxlint-disable-next-line no-await-in-loop
      await texts.close();
    }
    // oxlint-disable-next-line no-await-in-loop
    const each = await readPlaces(directory.section(section), count);
    for (let at = 0; at < count; at++) places.push(`${each.part(at)}:${each.position(at)}`);
  }
  return { parts, places };
}

const texts = ["a", "b", "a", "c", "d", "é", "b", "e"];

describe("planTexts", () => {
  it("cuts by inputs and bytes, and gives equal texts one place", async () => {
    // A line takes 41 bytes and those of its text, and of its id.
    await plan([...texts, "x".repeat(90), "y"]);
    expect(await stored()).toEqual({
      parts: ["0 batch: a b c", "1 batch: d é e", `2 batch: ${"x".repeat(90)}`, "3 batch: y"],
      places: ["0:0", "0:1", "0:0", "0:2", "1:0", "1:1", "0:1", "1:2", "2:0", "3:0"],
    });
  });

  it("puts cached texts, and those that cannot be sent, into parts of their own", async () => {
    const cache = new Map(["b", "d"].map((text) => [text, vectorOf(text)]));
    await plan(["a", "b", " ", "d", "z".repeat(200), " ", "c", "e", "f"], { cache });
    expect(await stored()).toEqual({
      parts: ["0 batch: a c e", "1 cached: b d", `2 refused:   ${"z".repeat(200)}`, "3 batch: f"],
      places: ["0:0", "1:0", "2:0", "1:1", "2:1", "2:0", "0:1", "0:2", "3:0"],
    });
  });

  it("goes on where it stopped, and writes what an undisturbed one writes", async () => {
    const many = Array.from({ length: 40 }, (_, n) => `t${n % 31}`);
    await plan(many, { most: 3 });
    const before = readdirSync(join(folder, "sections"));
    const found = await plan(many);
    expect(before).toHaveLength(3);
    expect(found[0]).toBe("resumed");
    const resumed = await stored();
    folder = `${folder}/another`;
    mkdirSync(folder);
    const { provider, model, elementType } = service;
    directory = await RunDirectory.openOrBegin(folder, {
      provider,
      model,
      elementType,
      inputType: "document",
    });
    await plan(many);
    expect(resumed).toEqual(await stored());
    folder = dirname(folder);
    expect(resumed.parts).toHaveLength(11);
  });

  it("refuses other texts when it goes on, and says where they differ", async () => {
    await plan(texts, { most: 1 });
    await expect(plan(["a", "c", "b", ...texts.slice(3)])).rejects.toThrow(
      `the texts are not those of the run in ${folder}: one of texts[0] to texts[3] is another`,
    );
    await expect(plan(["a"])).rejects.toThrow("there are 1, and 4 or more were planned");
    await plan(texts);
    await expect(plan([...texts, "f"])).rejects.toThrow("there are more than the 8 that were planned");
  });
});
