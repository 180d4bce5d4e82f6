// Answers one question in several steps; the trace shows how long each took.
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { search, write } from "./library.ts";

const debug = new DebugHandler({ sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

const answer = (words: readonly string[]): Promise<string> =>
  manager.event("query", async () => {
    const found = await manager.event("retrieve", { topK: 3 }, async (event) => {
      const passages = (await Promise.all(words.map(search))).flat();
      event.set({ count: passages.length });
      return passages;
    });
    await manager.event("reranking", () => found.sort((a, b) => a.length - b.length));
    let text = "";
    for await (const chunk of manager.stream("llm", { model: "small" }, () => write(found))) text += chunk;
    return text;
  });

console.log(await answer(["moon", "tides", "sea"]));
debug.printTraceMap();
