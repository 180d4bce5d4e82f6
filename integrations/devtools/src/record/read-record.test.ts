import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DevtoolsRecord } from "./devtools-record.ts";
import { readRecord, RecordError } from "./read-record.ts";

let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-record-"));
  path = join(folder, "run.ndjson");
});

afterAll(() => rmSync(folder, { recursive: true }));

const head = '{"kind":"record","version":1,"time":1}';

async function read(...lines: string[]): Promise<DevtoolsRecord[]> {
  writeFileSync(path, lines.join("\n"));
  return Array.fromAsync(readRecord(path));
}

describe("readRecord", () => {
  it("reads line by line", async () => {
    const end = '{"kind":"end","id":"00000000000000aa","time":3,"status":"ok"}';
    expect(await read(head, end, "")).toEqual([
      { kind: "record", version: 1, time: 1 },
      { kind: "end", id: "00000000000000aa", time: 3, status: "ok" },
    ]);
  });

  it("passes over kinds of a later version, and a last line that was cut off", async () => {
    expect(await read(head, '{"kind":"heap","bytes":5}', '{"kind":"exit","ti')).toEqual([
      { kind: "record", version: 1, time: 1 },
    ]);
  });

  it.each([
    [["{}", ""], 'line 1: the line has no "kind"'],
    [["hello", ""], "line 1: the line is not JSON"],
    [["[]", ""], "line 1: the line is no JSON object"],
    [['{"kind":"exit","time":1}', ""], "line 1: the line is not the head of a record"],
    [
      ['{"kind":"record","version":2,"time":1}', ""],
      "line 1: the line says version 2; this @llx/devtools reads version 1",
    ],
    [
      [head, '{"kind":"end","id":"a","status":"ok"}', ""],
      'line 2: the line of kind "end" has no valid "time"',
    ],
    [[head, '{"kind":"state","source":"1","time":1,"calls":{},"semaphores":[]}', ""], 'has no valid "calls"'],
    [[head, "", ""], "line 2: the line is not JSON"],
    [[head, "x".repeat(5_000_000)], "line 2: the line is longer than 4194304 bytes"],
    [["no line end"], "is not a record of @llx/devtools: it has no whole line"],
  ])("says what is wrong with %j, and where", async (lines, message) => {
    const reading = read(...lines);
    await expect(reading).rejects.toThrow(RecordError);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(path);
  });

  it("knows no kind by the names that every object has", async () => {
    expect(await read(head, '{"kind":"constructor"}', "")).toHaveLength(1);
  });
});
