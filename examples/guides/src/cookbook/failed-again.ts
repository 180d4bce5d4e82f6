import { mapJobs } from "@llx/async";

let isDown = true;
async function save(row: number): Promise<number> {
  if (isDown && row % 500 === 0) throw new Error(`row ${row}: the service is down`);
  return row;
}

const rows = Array.from({ length: 2000 }, (_, index) => index);
const outcomes = await mapJobs(rows, save, { settle: true, workers: 20, retry: { delay: 1 } });
const failed = rows.filter((_, index) => outcomes[index]!.status === "rejected");
console.log(`${rows.length - failed.length} saved; failed: ${failed.join(", ")}`);

isDown = false;
await mapJobs(failed, save, { workers: 20, retry: {} });
console.log(`${failed.length} saved in the second run`);
