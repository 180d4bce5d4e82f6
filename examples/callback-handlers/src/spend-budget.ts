import assert from "node:assert/strict";
import type { AsyncRunContext } from "@llx/async";
import { CallbackManager, TokenBudgetError, TokenCountingHandler } from "@llx/callbacks";
import { EmbeddingBatchError, type EmbeddingModel } from "@llx/embeddings";

/** A handler that stops the work: what is embedded is kept, and no more requests are sent. */
export async function spendBudget(
  model: EmbeddingModel,
  texts: readonly string[],
  { signal, own }: AsyncRunContext,
  print: (line: string) => void,
): Promise<void> {
  const tokens = new TokenCountingHandler({ tokenBudget: 24 });
  const manager = own(new CallbackManager({ handlers: [tokens] }));
  const options = { signal, callbackManager: manager, workers: 1 };
  try {
    await model.getTextEmbeddingBatch(texts, options);
    print(`\nThe budget suffices: ${tokens.totalTokens} tokens are used.`);
  } catch (error) {
    if (!(error instanceof EmbeddingBatchError && error.cause instanceof TokenBudgetError)) throw error;
    const { embeddings, failed } = error.partial;
    assert.equal(tokens.embeddingTokens, error.cause.used, "nothing may be sent once the budget is used up");
    print(`\nThe budget stops the work: ${error.cause.message}`);
    print(
      `${tokens.calls.length} requests were sent; ${embeddings.length - failed.length} embeddings are kept, ` +
        `${failed.length} texts have none, starting with "${texts[failed[0]!.index]}"`,
    );
  }
}
