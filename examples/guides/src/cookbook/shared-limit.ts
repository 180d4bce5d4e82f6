import { setTimeout } from "node:timers/promises";
import { mapJobs, Semaphore } from "@llx/async";

const connections = new Semaphore(3);
let open = 0;
let most = 0;
async function query(id: number): Promise<number> {
  most = Math.max(most, ++open);
  await setTimeout(5);
  open--;
  return id;
}

const ids = Array.from({ length: 10 }, (_, index) => index);
await Promise.all([
  mapJobs(ids, query, { workers: connections }),
  mapJobs(ids, query, { workers: connections }),
  connections.use(() => query(-1)),
]);
console.log("open at once:", most);
