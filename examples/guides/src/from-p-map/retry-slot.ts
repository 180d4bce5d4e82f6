import { mapJobs } from "@llx/async";
import pMap from "p-map";
import pRetry from "p-retry";

/** The first call for page a fails. */
function service(): (page: string) => Promise<string> {
  let failed = false;
  return async (page) => {
    console.log(" ", page);
    if (page === "a" && !failed) {
      failed = true;
      throw new Error("busy");
    }
    return page;
  };
}

const pages = ["a", "b", "c"];
let load = service();
console.log("p-map with p-retry");
await pMap(pages, (page) => pRetry(() => load(page), { minTimeout: 20 }), { concurrency: 1 });

load = service();
console.log("mapJobs with retry");
await mapJobs(pages, (page) => load(page), { workers: 1, retry: { delay: 20 } });
