import { mapJobs, RateLimiter } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { load, pages } from "./pages.ts";

const debug = new DebugHandler({ sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });
const rate = new RateLimiter({ requests: { limit: 100, interval: 1000 } });

await manager.asTrace("load pages", () =>
  mapJobs(pages, (page, { signal }) => load(page, signal), {
    workers: 4,
    rate,
    retry: { attempts: 5 },
    timeout: 5_000,
    onProgress: ({ done, total }) => console.log(`${done} of ${total} are loaded`),
  }),
);
debug.printTraceMap();
