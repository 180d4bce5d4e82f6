// Synchronises a store of passages and their vectors with a folder, and embeds only what is new.
import { resolve } from "node:path";
import { asyncRun, type AsyncRunContext } from "@llx/async";
import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import type { EmbeddingModel } from "@llx/embeddings";
import { answer } from "./answer.ts";
import { type Arguments, readArguments, usage, UsageError } from "./arguments.ts";
import { openDatabase } from "./database.ts";
import { findDocuments } from "./documents.ts";
import { ingest, type Totals } from "./ingest.ts";
import { openModel } from "./provider.ts";
import { Store } from "./store.ts";

const totals: Totals = { documents: 0, changed: 0, removed: 0, passages: 0, embedded: 0 };

async function run(args: Arguments, { signal, own }: AsyncRunContext): Promise<void> {
  const { provider, workers, queries } = args;
  const folder = resolve(args.folder);
  const paths = await findDocuments(folder);
  const model = own(await openModel(provider, workers));
  const database = own(await openDatabase(process.env["DATABASE_URL"], resolve(args.store), signal));
  const debug = new DebugHandler({ sink: process.stdout });
  const tokens = new TokenCountingHandler();
  const manager = own(new CallbackManager({ handlers: [debug, tokens] }));
  console.log(`${folder} → ${model.model} (${model.provider}) → ${database.name}`);

  const start = performance.now();
  let seconds = 0;
  await manager.asTrace("ingestion", async () => {
    const store = await Store.open(database, folder, identityOf(model));
    const parts = { store, model, manager, signal };
    const options = { ...parts, folder, paths, workers, showProgress: true, totals };
    await manager.event("ingestion", { count: paths.length }, () => ingest(options), { signal });
    seconds = (performance.now() - start) / 1000;
    // oxlint-disable-next-line no-await-in-loop -- one answer after another
    for (const query of queries) await answer(query, parts);
  });
  debug.printTraceMap();
  const { documents, changed, removed, passages, embedded } = totals;
  const used = tokens.embeddingTokens > 0 ? ` (${tokens.embeddingTokens} tokens)` : "";
  console.log(
    `${documents} documents (${changed} new or changed, ${removed} removed), ${passages} passages, ` +
      `${embedded} embedded${used}, in ${seconds.toFixed(1)} s.`,
  );
}

/** Everything the vectors depend on, as far as a model tells: each model has its own collection. */
function identityOf({ provider, model, dimensions }: EmbeddingModel): string {
  return `${provider}/${model}/${dimensions ?? "default"}`;
}

try {
  const args = readArguments(process.argv.slice(2));
  if (args.help) console.log(usage);
  // Ctrl-C aborts the signal; then everything is closed, and the exit code is set.
  else await asyncRun((context) => run(args, context));
} catch (error) {
  const kept = `${totals.embedded} embeddings are kept; start again to continue`;
  if (error instanceof Error && error.name === "AbortError") {
    console.error(`\nInterrupted: ${kept}.`);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`ingestion: ${message}${totals.embedded > 0 ? ` (${kept})` : ""}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
