import assert from "node:assert/strict";
import { asyncRun, mapJobs } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { answer } from "./answer.ts";
import { askRetrievers } from "./ask-retrievers.ts";
import { checkTraces } from "./check-traces.ts";
import { letterModel } from "./letter-model.ts";
import { openRetrievers } from "./retrievers.ts";
import { Store } from "./store.ts";
import { questions, texts } from "./texts.ts";

const atOnce = 8;

/** Asks all questions, several at once, and checks the answers. Ctrl-C and errors close what is open. */
export function run(print: (line: string) => void): Promise<void> {
  return asyncRun(async ({ signal, own }) => {
    let losers = 0;
    const onAborted = (): unknown => losers++;
    // Each hangs for half of the questions. A loser holds its worker until it is aborted: one per question.
    const [soon, never] = [2, 600_000];
    const [workers, isEven] = [atOnce, (text: string): boolean => text.length % 2 === 0];
    const replicas = [
      own(letterModel("east", { workers, onAborted, latency: (text) => (isEven(text) ? soon : never) })),
      own(letterModel("west", { workers, onAborted, latency: (text) => (isEven(text) ? never : soon) })),
    ];
    const filler = own(letterModel("filler"));
    const { embeddings } = await filler.getTextEmbeddingBatch(texts, { signal });
    const store = own(await Store.create(texts, embeddings));

    const debug = new DebugHandler({ capture: "full", sink: { write: (tree) => print(tree.trimEnd()) } });
    const manager = own(new CallbackManager({ handlers: [debug] }));
    const parts = { store, replicas, manager };
    const start = performance.now();
    const answers = await mapJobs(questions, ({ text }, job) => answer(text, parts, job.signal), {
      workers: atOnce,
      signal,
    });
    const seconds = (performance.now() - start) / 1000;

    for (const [index, { text, answer: expected }] of questions.entries()) {
      const [best] = answers[index]!;
      assert.equal(best?.id, expected, `the best text for "${text}"`);
      print(`${best.score.toFixed(4)}  ${text.padEnd(42)}  ${texts[best.id]!.slice(0, 27)}…`);
    }
    assert.equal(losers, questions.length, "of each race, the loser must have been aborted");
    const asked = questions.map(({ text }) => text);
    checkTraces(debug, asked);

    print("\nThe trace of the first question:\n");
    debug.printTraceMap({ traceId: debug.getEvents("query")[0]!.event.traceId });
    const { count, p50, p95 } = debug.getEventTimeInfo("query");
    print(
      `\n${count} questions, ${atOnce} at once, in ${seconds.toFixed(2)} s: median ${p50.toFixed(1)} ms, ` +
        `95 % within ${p95.toFixed(1)} ms.\n${losers} race losers were aborted.`,
    );

    const retrievers = openRetrievers(store, filler, embeddings);
    await askRetrievers(questions, retrievers, { enough: 3, workers: atOnce, signal }, print);
  });
}
