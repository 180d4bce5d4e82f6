// Reads Markdown files, embeds their passages, and answers questions by meaning.
import { writeFile } from "node:fs/promises";
import { asyncRun, type AsyncRunContext } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { type EmbeddingModel, topK } from "@llx/embeddings";
import { readArguments, type Arguments, type ProviderName, usage, UsageError } from "./arguments.ts";
import { readDocuments } from "./documents.ts";
import { estimateModels, showEstimates } from "./dry-run.ts";
import { choosePassages, cutIntoPassages, type Passage } from "./passages.ts";
import { wrap } from "./wrap.ts";
import { openModel } from "./provider.ts";

const defaultQueries = [
  "How do I limit how many jobs run at the same time?",
  "Does a job that waits for a retry keep its worker?",
  "Which library matches file names against a pattern?",
  "How do I report a security problem?",
];

const nextSteps = `
Try next:
  npm start -- ./notes --query "what did we decide?"  your folder and question
  npm start -- --devtools                             a live page of what runs
  npm start -- --dry-run                              what it would cost
  npm start -- --trace trace.json                     the trace as a time line
  npm start -- --provider openai                      needs OPENAI_API_KEY
  npm start -- --help                                 all options
  docs/guides/getting-started.md                      how to write this program`;

async function run(args: Arguments, { signal, own }: AsyncRunContext): Promise<void> {
  const { folder, queries = defaultQueries, provider, passages: most, dryRun, trace } = args;
  const model = own(openModel(provider, args));
  const debug = new DebugHandler({ sink: process.stdout });
  const manager = own(new CallbackManager({ handlers: [debug] }));

  if (dryRun) {
    const passages = await ingest(manager, folder, most, signal);
    const texts = passages.map(({ text }) => text);
    console.log("A dry run: nothing is sent.\n");
    const estimates = await estimateModels(model, texts, signal);
    for (const line of showEstimates(estimates, process.stdout.columns ?? 80)) console.log(line);
    return;
  }
  await manager.asTrace("quickstart", async () => {
    const passages = await manager.event("ingestion", () => ingest(manager, folder, most, signal), {
      signal,
    });
    console.log(explain(provider));
    const { embeddings } = await embed(model, passages, signal);
    console.log("Answers: the passages closest in meaning, with their similarity (at most 1).\n");
    for (const query of queries) {
      // oxlint-disable-next-line no-await-in-loop -- the answers are read one after another
      await manager.event("query", { content: { query } }, async () => {
        const question = await model.getQueryEmbedding(query, { signal });
        printAnswer(query, topK(question, embeddings, 3), passages);
      });
    }
  });
  console.log("Where the time went, as a tree of events (% of the event above):\n");
  debug.printTraceMap();
  if (trace !== undefined) {
    await writeFile(trace, JSON.stringify(debug.toChromeTrace()));
    console.log(`\nOpen ${trace} in https://ui.perfetto.dev or https://www.speedscope.app`);
  }
  // Whoever gives a folder or a question knows the options.
  if (folder === undefined && args.queries === undefined) console.log(nextSteps);
}

async function ingest(
  manager: CallbackManager,
  folder: string | undefined,
  most: number,
  signal: AbortSignal,
): Promise<Passage[]> {
  const documents = await readDocuments(folder, signal);
  const cut = await manager.event("chunking", { count: documents.length }, () =>
    documents.map(cutIntoPassages),
  );
  const total = cut.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) throw new UsageError(`the ${documents.length} Markdown files contain no text`);
  // The documents of dependencies are many: half of the passages are from the others, if they have so many.
  const of = (foreign: boolean) => cut.filter((_, index) => documents[index]!.isForeign === foreign);
  const hasForeign = documents.some(({ isForeign }) => isForeign);
  const own = choosePassages(of(false), hasForeign ? Math.ceil(most / 2) : most);
  const passages = [...own, ...choosePassages(of(true), most - own.length)];
  const whose = folder === undefined ? " of this repository and its dependencies" : "";
  console.log(`${documents.length} documents${whose}, cut into ${total} passages.`);
  if (passages.length < total) {
    console.log(`Embedding ${passages.length} of them; --passages ${total} embeds all.`);
  }
  return passages;
}

/** Why the next step takes the time it takes. */
function explain(provider: ProviderName): string {
  if (provider !== "local")
    return `Each passage goes to ${provider}, which returns its meaning as a vector.\n`;
  return `A small language model turns each passage into a vector, on the processors of
this machine, 800 of them in about ten seconds if it is idle. Ctrl-C stops it.\n`;
}

async function embed(model: EmbeddingModel, passages: readonly Passage[], signal: AbortSignal) {
  const start = performance.now();
  const texts = passages.map(({ text }) => text);
  const batch = await model.getTextEmbeddingBatch(texts, { signal, showProgress: true, desc: "passages" });
  const seconds = (performance.now() - start) / 1000;
  const dimensions = batch.embeddings[0]!.length;
  console.log(
    `${texts.length} passages in ${seconds.toFixed(1)} s: ${model.model} (${model.provider}), ${dimensions} dimensions.\n`,
  );
  return batch;
}

function printAnswer(query: string, matches: ReturnType<typeof topK>, passages: readonly Passage[]): void {
  console.log(`? ${query}`);
  for (const { index, score } of matches) {
    const { path, line, text } = passages[index]!;
    console.log(`  ${score.toFixed(3)}  ${path}:${line}`);
    const width = Math.max(40, (process.stdout.columns ?? 80) - 10);
    for (const words of wrap(text, width, 3)) console.log(`         ${words}`);
  }
  console.log();
}

try {
  const args = readArguments(process.argv.slice(2));
  if (args.help) console.log(usage);
  // Ctrl-C aborts the signal; then everything is closed, and the exit code is set.
  else await asyncRun((context) => run(args, context));
} catch (error) {
  if (error instanceof Error && error.name === "AbortError") {
    console.error("\nInterrupted: running requests were aborted, and the model is closed.");
  } else {
    console.error(`quickstart: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
