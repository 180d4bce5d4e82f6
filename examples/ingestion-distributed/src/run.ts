import assert from "node:assert/strict";
import { asyncRun, mapJobs } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { createJobQueue } from "@llx/jobs-pgboss";
import type { Arguments } from "./arguments.ts";
import { findDocuments, readDocument } from "./document.ts";
import { ingestDocument } from "./ingest-document.ts";
import { openModel } from "./open-model.ts";
import { OwnServer } from "./own-server.ts";
import { Store } from "./store.ts";
import { Workers } from "./workers.ts";

/** Queues what has changed, lets the workers process it, and prints one trace of all processes. */
export function run(args: Arguments, print: (line: string) => void): Promise<void> {
  const { folder, processes, kill } = args;
  return asyncRun(async ({ signal, own }) => {
    const paths = await findDocuments(folder);
    const url = args.url ?? own(await OwnServer.start()).url;
    const debug = new DebugHandler({ sink: { write: (text) => print(text.trimEnd()) } });
    const manager = own(new CallbackManager({ handlers: [debug] }));
    const store = own(new Store(url));
    await store.prepare();
    const job = ingestDocument(store, own(openModel()));
    const queue = own(await createJobQueue({ connectionString: url }));

    await manager.asTrace("distributed ingestion", () =>
      manager.event("ingestion", { count: paths.length }, async () => {
        const stored = await store.documents();
        const documents = await mapJobs(paths, (path) => readDocument(folder, path, signal), { signal });
        const changed = documents.filter(({ path, hash }) => stored.get(path)?.hash !== hash);
        // The key names the old and the new state of a document: a second start queues nothing twice.
        const { created, existing, jobs } = await queue.enqueue(
          job,
          changed.map(({ path, hash }) => ({ folder, path, hash })),
          { key: ({ path, hash }) => `${stored.get(path)?.revision ?? 0} ${hash} ${path}`, signal },
        );
        print(
          `${paths.length} documents: ${changed.length} are new or have changed, ` +
            `${created} are queued, ${existing} were queued before.`,
        );
        if (changed.length === 0) return;

        const workers = own(new Workers(processes, url, print));
        const ids = new Set(jobs.map(({ id }) => id));
        const finished = async function* () {
          for await (const each of queue.results(job, { signal })) if (ids.has(each.id)) yield each;
        };
        const all = mapJobs(
          finished(),
          (each, { index }) => {
            if (index === 0 && kill) workers.killOne();
            if (each.status === "done") return;
            throw new Error(`${each.payload.path} could not be ingested: ${each.error.message}`);
          },
          // Without events: the trace is of the ingestion.
          {
            total: ids.size,
            showProgress: true,
            desc: "ingesting",
            signal,
            callbackManager: new CallbackManager(),
          },
        );
        await Promise.race([all, workers.failed]);
        for (const snapshot of await workers.stop()) debug.merge(snapshot);
      }),
    );

    const found = new Set(paths);
    const kept = await store.documents();
    await store.remove([...kept.keys()].filter((path) => !found.has(path)));
    assert.deepEqual([...(await store.documents()).keys()].toSorted(), paths, "each document must be there");
    debug.printTraceMap();
    const processesSeen = new Set(debug.toChromeTrace().traceEvents.map(({ pid }) => pid)).size;
    print(`${await store.countPassages()} passages are stored; the trace holds ${processesSeen} processes.`);
  });
}
