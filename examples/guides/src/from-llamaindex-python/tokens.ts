import { CallbackManager, TokenBudgetError, TokenCountingHandler } from "@llx/callbacks";
import { fakeEmbedding } from "@llx/embeddings/testing";

const counter = new TokenCountingHandler({ tokenBudget: 5 });
const manager = new CallbackManager({ handlers: [counter] });
const model = fakeEmbedding({ callbackManager: manager }); // in place of herokuEmbedding() and others

await model.getTextEmbedding("The moon makes tides.");
await model.getTextEmbedding("Bees dance.");
console.log(counter.embeddingTokens);
try {
  await model.getTextEmbedding("Iron rusts.");
} catch (error) {
  if (!(error instanceof TokenBudgetError)) throw error;
  console.log(error.message);
}
counter.reset();
await model.aclose();
