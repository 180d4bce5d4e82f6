#!/usr/bin/env bash
# pg-boss 12.38.0: `fetch` with a `batchSize` chooses the jobs of the highest priorities, and then gives them in an order
# that changes from batch to batch. So a worker that goes through its batch from the first job runs low ones before high
# ones, and a job of high priority may wait for as many as a batch holds. Batches of one are right, so a test with few
# jobs sees nothing. Sort what `fetch` gives: `priority` is among it with `includeMetadata: true`.
#
# Output seen, of 20 batches of 5 out of 10 jobs with the priorities 0 to 9 (on PGlite 0.5.14; no two runs are alike):
#   { chosen: [ '5,6,7,8,9' ], inOrder: 0, first: [ '7,5,8,6,9', '9,8,6,5,7', '6,9,5,8,7' ] }
#
# Exits with 0 while this is so. Needs Node.js 22 or later, and npm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --no-save --no-audit --no-fund --silent pg-boss@12.38.0 @electric-sql/pglite@0.5.14
cat >program.mjs <<'END'
import { PGlite } from "@electric-sql/pglite";
import { PgBoss, fromPglite } from "pg-boss";

const database = await PGlite.create();
const boss = new PgBoss({ db: fromPglite(database), backend: "pglite", supervise: false, schedule: false });
boss.on("error", (error) => console.error(error));
await boss.start();
await boss.createQueue("jobs");
const batches = [];
for (let batch = 0; batch < 20; batch++) {
  for (let priority = 0; priority < 10; priority++) await boss.send("jobs", null, { priority });
  const jobs = await boss.fetch("jobs", { batchSize: 5, includeMetadata: true });
  batches.push(jobs.map(({ priority }) => priority));
  await boss.deleteAllJobs("jobs");
}
const chosen = [...new Set(batches.map((priorities) => priorities.toSorted().join()))];
const inOrder = batches.filter((priorities) => priorities.join() === "9,8,7,6,5").length;
console.log({ chosen, inOrder, first: batches.slice(0, 3).map(String) });
if (chosen.join() !== "5,6,7,8,9" || inOrder > 10) {
  console.error("changed: other jobs are chosen, or they come in the order of their priorities");
  process.exitCode = 1;
}
await boss.stop({ graceful: false });
await database.close();
END
node program.mjs
