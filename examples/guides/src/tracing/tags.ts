// Tags of a scope, and who used how many tokens.
import { CallbackManager, PrintingHandler, TokenCountingHandler, withTags } from "@llx/callbacks";
import { UsageLedger } from "@llx/callbacks/usage";

const ledger = new UsageLedger({ prices: { small: { input: 0.5, output: 2 } } });
const counter = new TokenCountingHandler({ onCount: (count) => ledger.add(count) });
const manager = new CallbackManager({ handlers: [counter, new PrintingHandler()] });

const ask = (question: string): Promise<string> =>
  manager.event("query", () =>
    manager.event("llm", { model: "small" }, async (event) => {
      event.set({ usage: { inputTokens: 1000 * question.length, outputTokens: 500 } });
      return "yes";
    }),
  );

await withTags({ tenant: "acme" }, () => ask("Is it?"));
await withTags({ tenant: "initech", plan: "free" }, () => ask("Will it?"));

for (const [tenant, { calls, totalTokens, cost }] of ledger.byTag("tenant")) {
  console.log(`${tenant}: ${calls} call, ${totalTokens} tokens, ${cost.toFixed(4)} €`);
}
