import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mapJobs } from "@llx/async";

let isDown = true;
async function save(row: number): Promise<number> {
  if (isDown && row % 500 === 0) throw new Error(`row ${row}: the service is down`);
  return row;
}

const folder = mkdtempSync(join(tmpdir(), "rows-"));
const file = join(folder, "failed.json");

async function run(): Promise<void> {
  const rows = existsSync(file)
    ? (JSON.parse(await readFile(file, "utf8")) as number[])
    : Array.from({ length: 2000 }, (_, index) => index);
  const outcomes = await mapJobs(rows, save, { settle: true, workers: 20, retry: { delay: 1 } });
  const failed = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.input] : []));
  await writeFile(file, JSON.stringify(failed));
  console.log(`${rows.length - failed.length} saved; failed: ${failed.join(", ") || "none"}`);
}

await run();
isDown = false;
await run(); // as the program's next start would

rmSync(folder, { recursive: true });
