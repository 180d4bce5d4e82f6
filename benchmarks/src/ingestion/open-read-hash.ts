// The minimum for a run of the example: it opens the database, and reads and hashes each document.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { vector } from "@electric-sql/pglite-pgvector";
import { mapJobs } from "@llx/async";

const [data, folder] = process.argv.slice(2) as [string, string];
const pglite = await PGlite.create(data, { extensions: { vector } });
const hashes = await mapJobs(
  await readdir(folder),
  async (name) =>
    createHash("sha256")
      .update(await readFile(join(folder, name), "utf8"))
      .digest("hex"),
  { workers: 8 },
);
await pglite.close();
console.log(`${hashes.length} documents`);
