import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncRun, mapJobs } from "@llx/async";

let isDown = true;
async function save(row: number): Promise<void> {
  if (isDown && row % 500 === 0) throw new Error(`row ${row}: the service is down`);
}

const folder = mkdtempSync(join(tmpdir(), "rows-"));
const file = join(folder, "left.json");

async function run({ signal }: { readonly signal: AbortSignal }): Promise<void> {
  const rows = existsSync(file)
    ? (JSON.parse(await readFile(file, "utf8")) as number[])
    : Array.from({ length: 2000 }, (_, index) => index);
  const left = new Set(rows);
  const saveOne = async (row: number): Promise<void> => {
    await save(row);
    left.delete(row);
  };
  try {
    await mapJobs(rows, saveOne, { settle: true, workers: 20, retry: { delay: 1 }, signal });
  } finally {
    if (left.size > 0) {
      await writeFile(`${file}.new`, JSON.stringify([...left]));
      await rename(`${file}.new`, file); // whole, even if a second Ctrl-C ends this at once
    } else await rm(file, { force: true }); // the next start takes all rows
  }
  console.log(`${rows.length - left.size} saved; left: ${[...left].join(", ") || "none"}`);
}

await asyncRun(run);
isDown = false;
await asyncRun(run); // as the program's next start would

rmSync(folder, { recursive: true });
