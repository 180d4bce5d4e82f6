import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RecordLog } from "../record/record-log.ts";
import { MergedRecord } from "./merged-record.ts";

let folder: string;
let log: RecordLog;
let merged: MergedRecord;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-merged-"));
  log = new RecordLog(join(folder, "record.all"));
  merged = new MergedRecord(folder, log);
});

afterEach(() => {
  merged.close();
  log.close();
  rmSync(folder, { recursive: true });
});

const lines = (): string[] => readFileSync(log.path, "utf8").trimEnd().split("\n").slice(1);

it("collects the lines of all processes, each once, under one head", () => {
  writeFileSync(join(folder, "1.ndjson"), '{"kind":"record","version":1,"time":1}\n{"a":1}\n');
  merged.update();
  writeFileSync(join(folder, "2-1.ndjson"), '{"kind":"record","version":1,"time":1}\n{"b":1}\n');
  appendFileSync(join(folder, "1.ndjson"), '{"a":2}\n');
  merged.update();
  merged.update();
  expect(lines()).toEqual(['{"a":1}', '{"a":2}', '{"b":1}']);
});

it("waits for the rest of a line", () => {
  writeFileSync(join(folder, "1.ndjson"), '{"a":1}\n{"a"');
  merged.update();
  expect(lines()).toEqual(['{"a":1}']);
  appendFileSync(join(folder, "1.ndjson"), ":2}\n");
  merged.update();
  expect(lines()).toEqual(['{"a":1}', '{"a":2}']);
});
