import { CallbackManager, DebugHandler, TokenCountingHandler } from "@llx/callbacks";
import { fromAiSdk } from "@llx/embeddings-ai-sdk";
import { startService } from "./service.ts";

const { server, theirs } = await startService({ textsPerRequest: 2 });
const debug = new DebugHandler({ sink: process.stdout });
const tokens = new TokenCountingHandler({ tokenBudget: 10_000 });
const callbackManager = new CallbackManager({ handlers: [debug, tokens] });

const model = fromAiSdk(theirs, {
  workers: 2,
  retry: { attempts: 5 },
  rate: { requests: { limit: 500, interval: 60_000 } },
  cache: true,
  callbackManager,
});
await model.getTextEmbeddingBatch(["one", "two", "three", "four", "five", "six", "one"]);
await model.getTextEmbeddingBatch(["six", "five", "four", "three", "two", "one"]); // from the cache

console.log(`${server.requests.length} requests, ${tokens.embeddingTokens} tokens`);
debug.printTraceMap();
await model.aclose();
await server.aclose();
