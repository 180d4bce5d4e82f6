// What a call would cost, what it has cost, and a limit.
import { CallbackManager, TokenCountingHandler } from "@llx/callbacks";
import { UsageLedger } from "@llx/callbacks/usage";
import type { EmbeddingModel } from "@llx/embeddings";
import { BudgetError, MoneyBudget } from "@llx/embeddings/costs";
import { openaiEmbedding } from "@llx/embeddings-openai";
import { fakeOpenai } from "@llx/embeddings-openai/testing";
import { prices } from "@llx/embeddings/prices";
import { startEmbeddingServer } from "@llx/embeddings/testing";

const service = fakeOpenai();
const server = await startEmbeddingServer(service);
const options = {
  apiKey: service.apiKey,
  baseUrl: `${server.url}/v1`,
  limits: { inputs: 100 },
  rate: { requests: { limit: 2, interval: 1_000 } },
};
const texts = Array.from({ length: 500 }, (_, index) => `Bee ${index} dances to show where the flowers are.`);

async function estimate(model: EmbeddingModel): Promise<void> {
  const dryRun = await model.estimate([...texts, ...texts], { prices, latency: 300 });
  console.log(dryRun);
}

async function compare(): Promise<void> {
  const ledger = new UsageLedger({ prices });
  const counter = new TokenCountingHandler({ onCount: (count) => ledger.add(count) });
  const callbackManager = new CallbackManager({ handlers: [counter] });
  await using model = openaiEmbedding({ ...options, rate: false, callbackManager });
  const { tokens, cost } = await model.estimate(texts, { prices });
  await model.getTextEmbeddingBatch(texts);
  console.log("estimated:", tokens, "tokens,", cost?.toFixed(6));
  console.log("reported:", ledger.total.totalTokens, "tokens,", ledger.total.cost.toFixed(6));
}

async function spend(): Promise<void> {
  const budget = new MoneyBudget({ limit: 0.000_06, prices });
  await using model = openaiEmbedding({ ...options, rate: false, workers: 1, budget });
  const { embeddings, failed } = await model.getTextEmbeddingBatch(texts, { settle: true });
  console.log(embeddings.length - failed.length, "embedded,", failed.length, "not");
  const [first] = failed;
  if (first?.error instanceof BudgetError) console.log(first.error.message);
}

{
  await using model = openaiEmbedding(options);
  await estimate(model);
}
await compare();
await spend();
await server.aclose();
