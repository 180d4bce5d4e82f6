// One worker process: takes jobs from the queue until its parent says "stop" or is gone.
import { once } from "node:events";
import { asyncRun } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { createJobQueue } from "@llx/jobs-pgboss";
import { postgresRateLimiter } from "@llx/limits-postgres";
import { ingestDocument } from "./ingest-document.ts";
import { openModel } from "./open-model.ts";
import { Store } from "./store.ts";

const connectionString = process.env["DATABASE_URL"]!;

await asyncRun(async ({ signal, own }) => {
  const debug = new DebugHandler();
  const manager = own(new CallbackManager({ handlers: [debug] }));
  const store = own(new Store(connectionString));
  const limits = { requests: { limit: 500, interval: 60_000 } };
  const rate = own(await postgresRateLimiter(limits, { name: "embeddings", connectionString }));
  const model = own(openModel(rate));
  const queue = own(await createJobQueue({ connectionString }));
  const worker = queue.work(ingestDocument(store, model), { signal, callbackManager: manager });
  await Promise.race([once(process, "message", { signal }), once(process, "disconnect", { signal })]);
  await worker.aclose();
  // Its recorded events, for the common trace.
  process.send?.(debug.toJSON());
});
process.disconnect?.();
