// What traced functions record of their arguments and results.
import { CallbackManager, PrintingHandler, traced, tracedSync, traceMethods } from "@llx/callbacks";

const retrieve = traced(
  "retrieve",
  async (question: string, topK: number) => [`about ${question}`].slice(0, topK),
  {
    input: (question, topK) => ({ topK, content: () => ({ query: question }) }),
    output: (nodes) => ({ count: nodes.length }),
  },
);

const shorten = tracedSync(function shorten(text: string): string {
  return text.slice(0, 6);
});

class Library {
  constructor() {
    traceMethods(this, { input: true, output: true });
  }

  async answer(question: string): Promise<string> {
    const [text = ""] = await retrieve(question, 3);
    return shorten(text);
  }
}

const library = new Library();
const manager = new CallbackManager({ handlers: [new PrintingHandler({ capture: "full" })] });
await manager.asTrace("demo", () => library.answer("tides"));
