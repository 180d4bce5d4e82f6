import { setTimeout as wait } from "node:timers/promises";
import { fromAiSdk } from "@llx/embeddings-ai-sdk";
import { embedMany } from "ai";
import { startService } from "./service.ts";

const texts = ["one", "two", "three", "four", "five", "six"];

/** How many of six requests reach the service while it holds back the response to the first. */
async function sentBesideSlow(
  embedAll: (model: Awaited<ReturnType<typeof startService>>["theirs"]) => Promise<unknown>,
): Promise<number> {
  const { server, theirs } = await startService({ textsPerRequest: 1 });
  const held = Promise.withResolvers<void>();
  server.plan({ kind: "held", until: held.promise });
  const embedded = embedAll(theirs);
  await Promise.race([server.until(() => server.requests.length === texts.length), wait(1_000)]);
  const sent = server.requests.length;
  held.resolve();
  await embedded;
  await server.aclose();
  return sent;
}

const theirs = await sentBesideSlow((model) => embedMany({ model, values: texts, maxParallelCalls: 2 }));

const ours = await sentBesideSlow(async (model) => {
  const own = fromAiSdk(model, { workers: 2 });
  await own.getTextEmbeddingBatch(texts);
  await own.aclose();
});

console.log(`embedMany, 2 at once: ${theirs} of 6 requests are sent while the first is slow`);
console.log(`ours, 2 at once: ${ours} of 6`);
