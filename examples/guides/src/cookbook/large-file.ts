import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mapJobs } from "@llx/async";

const folder = await mkdtemp(join(tmpdir(), "lines-"));
const path = join(folder, "large.txt");
await writeFile(path, "a line\n".repeat(10_000));

let characters = 0;
const lines = createInterface({ input: createReadStream(path) });
// Lines are read when a worker is free for the next one: the file is never in memory as a whole.
await mapJobs(lines, async (line) => void (characters += line.length), { workers: 4 });
console.log(characters, "characters");

await rm(folder, { recursive: true });
