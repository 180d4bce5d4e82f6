// Prompts and completions as a person reads them.
import { CallbackManager, PrintingHandler } from "@llx/callbacks";

const manager = new CallbackManager({ handlers: [new PrintingHandler({ capture: "full" })] });

const prompt = [
  { role: "system", content: "Answer in one sentence." },
  { role: "user", content: "Why are there tides?" },
];

async function* reply(): AsyncGenerator<string> {
  yield* ["The moon ", "makes\n", "the tides."];
}

const stream = manager.stream("llm", { model: "small", content: { prompt } }, reply);
for await (const _ of stream);
