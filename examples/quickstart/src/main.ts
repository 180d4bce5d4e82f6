// Reads Markdown files, embeds their passages, and answers questions by meaning.
import { writeFile } from "node:fs/promises";
import { asyncRun, type AsyncRunContext } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { type EmbeddingModel, topK } from "@llx/embeddings";
import { readArguments, type Arguments, usage, UsageError } from "./arguments.ts";
import { readDocuments } from "./documents.ts";
import { choosePassages, cutIntoPassages, type Passage } from "./passages.ts";
import { openModel } from "./provider.ts";

const defaultQueries = [
  "How do I limit how many jobs run at the same time?",
  "How can I stop work that is under way?",
  "Which library matches file names against a pattern?",
  "How do I report a security problem?",
];

async function run(args: Arguments, { signal, own }: AsyncRunContext): Promise<void> {
  const { folder, queries = defaultQueries, provider, workers, passages: most, trace } = args;
  const model = own(openModel(provider, workers));
  const debug = new DebugHandler({ sink: process.stdout });
  const manager = own(new CallbackManager({ handlers: [debug] }));

  await manager.asTrace("quickstart", async () => {
    const passages = await manager.event("ingestion", () => ingest(manager, folder, most, signal), {
      signal,
    });
    const { embeddings } = await embed(model, passages, signal);
    for (const query of queries) {
      // oxlint-disable-next-line no-await-in-loop -- the answers are read one after another
      await manager.event("query", { content: { query } }, async () => {
        const question = await model.getQueryEmbedding(query, { signal });
        printAnswer(query, topK(question, embeddings, 3), passages);
      });
    }
  });
  console.log("What happened, and how long it took:\n");
  debug.printTraceMap();
  if (trace !== undefined) {
    await writeFile(trace, JSON.stringify(debug.toChromeTrace()));
    console.log(`\n${trace} can be opened in https://ui.perfetto.dev or https://www.speedscope.app`);
  }
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
  if (total === 0) throw new UsageError(`the ${documents.length} Markdown files hold no text`);
  const passages = choosePassages(cut, most);
  const left = total - passages.length;
  console.log(
    `${documents.length} documents, ${total} passages` +
      (left === 0
        ? "."
        : `; ${passages.length} are embedded, ${left} left out (--passages ${total} takes all).`),
  );
  return passages;
}

async function embed(model: EmbeddingModel, passages: readonly Passage[], signal: AbortSignal) {
  const start = performance.now();
  const texts = passages.map(({ text }) => text);
  const batch = await model.getTextEmbeddingBatch(texts, { signal, showProgress: true });
  const seconds = (performance.now() - start) / 1000;
  const dimensions = batch.embeddings[0]!.length;
  console.log(
    `${model.model} (${model.provider}): ${texts.length} passages in ${seconds.toFixed(1)} s, ${dimensions} dimensions.\n`,
  );
  return batch;
}

function printAnswer(query: string, matches: ReturnType<typeof topK>, passages: readonly Passage[]): void {
  console.log(`? ${query}`);
  for (const { index, score } of matches) {
    const { path, line, text } = passages[index]!;
    console.log(`  ${score.toFixed(3)}  ${path}:${line}`);
    const room = Math.max(40, (process.stdout.columns ?? 110) - 10);
    console.log(`         ${text.length > room ? `${text.slice(0, room - 1)}…` : text}`);
  }
  console.log();
}

try {
  const args = readArguments(process.argv.slice(2));
  if (args.help) console.log(usage);
  // Ctrl-C aborts the signal; then all is closed, and the exit code is set.
  else await asyncRun((context) => run(args, context));
} catch (error) {
  if (error instanceof Error && error.name === "AbortError") {
    console.error("\nInterrupted: what was under way is stopped, nothing is left behind.");
  } else {
    console.error(`quickstart: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
