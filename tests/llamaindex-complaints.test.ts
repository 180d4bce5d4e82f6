// What users of LlamaIndex met, by the issues they wrote, tried on these packages. The guide "From LlamaIndex in Python"
// has the same rows, in the same order.
import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync } from "node:fs";
import {
  type AnyEventStart,
  CallbackManager,
  DebugHandler,
  TokenCountingHandler,
  traced,
  withTags,
} from "@llx/callbacks";
import { UsageLedger } from "@llx/callbacks/usage";
import { asyncRun, runAsyncTasks, runJobs, Semaphore } from "@llx/async";
import { describe, expect, it, vi } from "vitest";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function debugged() {
  const debug = new DebugHandler();
  return { debug, manager: new CallbackManager({ handlers: [debug] }) };
}

function counted(options?: ConstructorParameters<typeof TokenCountingHandler>[0]) {
  const counter = new TokenCountingHandler(options);
  return { counter, manager: new CallbackManager({ handlers: [counter] }) };
}

/** One word is one token. */
const words = (text: string): string[] => text.split(" ");

/** Each issue, and the same on ours. */
const complaints: Readonly<Record<string, () => Promise<void>>> = {
  async "run-llama/llama_index/issues/19291"() {
    // run_jobs with workers=0 hangs for ever.
    await expect(runJobs([async () => 1], { workers: 0 })).rejects.toThrow(RangeError);
  },

  async "run-llama/llama_index/issues/9978"() {
    // asyncio.run() cannot be called from a running event loop.
    expect(await asyncRun(() => asyncRun(() => runAsyncTasks([async () => 5])))).toEqual([5]);
  },

  async "run-llama/llama_index/issues/17653"() {
    // A queue is bound to a different event loop.
    const semaphore = new Semaphore(1);
    const use = (): Promise<number> => asyncRun(() => semaphore.use(async () => 1));
    expect(await Promise.all([use(), use(), use()])).toEqual([1, 1, 1]);
  },

  async "run-llama/llama_index/issues/10590"() {
    // "Async" methods call the sync ones: nothing runs at once.
    let running = 0;
    let most = 0;
    const job = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turn();
      running--;
    };
    await runJobs([job, job, job], { workers: 3 });
    expect(most).toBe(3);
  },

  async "run-llama/llama_index/issues/19740"() {
    // After streaming, the count is 0.
    const { counter, manager } = counted();
    const stream = manager.stream("llm", { model: "m" }, async function* (event) {
      yield "The moon";
      event.set({ usage: { prompt_tokens: 7, completion_tokens: 2 } });
    });
    for await (const chunk of stream) expect(chunk).toBe("The moon");
    expect(counter).toMatchObject({ promptTokens: 7, completionTokens: 2 });
  },

  async "run-llama/llama_index/issues/12214"() {
    // The count remains 0, without a warning or an error.
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const { counter, manager } = counted({ tokenBudget: 100 });
    await manager.event("llm", () => {});
    expect([counter.totalTokens, counter.uncountedEvents]).toEqual([0, 1]);
    expect(warn.mock.calls[0]![0]).toContain("cannot be enforced");
    warn.mockRestore();
  },

  async "run-llama/llama_index/issues/9996"() {
    // A response without usage: 'NoneType' object is not iterable.
    const { counter, manager } = counted({ tokenizer: words });
    await manager.event("llm", { content: { prompt: "a b" } }, (event) => {
      event.set({ usage: null as never, content: { completion: "c" } });
    });
    expect(counter).toMatchObject({ promptTokens: 2, completionTokens: 1, uncountedEvents: 0 });
  },

  async "run-llama/llama_index/issues/17673"() {
    // While streaming, tokens that the service reports are counted anew, with a tokenizer of another model.
    const tokenizer = vi.fn(words);
    const { counter, manager } = counted({ tokenizer });
    const stream = manager.stream("llm", { content: { prompt: "a b" } }, async function* (event) {
      yield "c";
      event.set({ usage: { input_tokens: 12, output_tokens: 5 }, content: { completion: "c" } });
    });
    for await (const _ of stream);
    expect(counter).toMatchObject({ promptTokens: 12, completionTokens: 5 });
    expect(tokenizer).not.toHaveBeenCalled();
  },

  async "run-llama/llama_index/issues/8996"() {
    // Through async calls, completions are counted twice: two traced functions wrap one call.
    const { counter, manager } = counted();
    const chat = traced("llm", async () => "yes", { output: () => ({ usage: { totalTokens: 10 } }) });
    const achat = traced("llm", chat);
    await manager.asTrace("a", achat);
    expect(counter.totalTokens).toBe(10);
    expect(counter.calls).toHaveLength(1);
  },

  async "run-llama/llama_index/issues/8133"() {
    // Of async calls, the completion is counted as the word "None".
    const { counter, manager } = counted({ tokenizer: words });
    await manager.event("llm", { content: { prompt: "a" } }, async (event) => {
      await turn();
      event.set({ content: { completion: "this is a test" } });
    });
    expect(counter.completionTokens).toBe(4);
  },

  async "run-llama/llama_index/issues/14137"() {
    // Multimodal calls count 0: their usage has other names.
    const { counter, manager } = counted();
    await manager.event("llm", (event) =>
      event.set({ usage: { usageMetadata: { promptTokenCount: 258, candidatesTokenCount: 3 } } }),
    );
    expect(counter).toMatchObject({ promptTokens: 258, completionTokens: 3 });
  },

  async "run-llama/llama_index/issues/7323"() {
    // How many tokens did each query use?
    const ledger = new UsageLedger();
    const { manager } = counted({ onCount: (count) => ledger.add(count) });
    const query = (name: string, totalTokens: number): Promise<void> =>
      manager.asTrace(name, () =>
        withTags({ query: name }, () =>
          manager.event("llm", (event) => event.set({ usage: { totalTokens } })),
        ),
      );
    await Promise.all([query("first", 5), query("second", 7)]);
    expect([...ledger.byTrace().values()].map(({ totalTokens }) => totalTokens)).toEqual([5, 7]);
    expect(ledger.byTag("query").get("second")?.totalTokens).toBe(7);
  },

  async "run-llama/llama_index/issues/18757"() {
    // The root span ends before its children.
    const { debug, manager } = debugged();
    const agent = traced("agent_step", () => turn().then(() => manager.event("function_call", turn)));
    await Reflect.apply(agent, { callbackManager: manager }, []);
    const order = debug.getEvents().map(({ phase, event }) => `${phase} ${event.type}`);
    expect(order).toEqual(["start agent_step", "start function_call", "end function_call", "end agent_step"]);
  },

  async "run-llama/llama_index/issues/16283"() {
    // A span gets the pending future as its result, and only the time to create it.
    const results: unknown[] = [];
    const manager = new CallbackManager({
      handlers: [{ capture: "full", onEventEnd: ({ endPayload }) => void results.push(endPayload) }],
    });
    const gate = Promise.withResolvers<number>();
    const run = traced("function_call", () => gate.promise, { output: true });
    const pending = Reflect.apply(run, { callbackManager: manager }, []);
    await turn();
    expect(results).toEqual([]);
    gate.resolve(5);
    expect(await pending).toBe(5);
    expect(results).toEqual([{ content: { result: 5 } }]);
  },

  async "run-llama/llama_index/issues/6602"() {
    // Async events end in another order than they started, and break the stack.
    const { debug, manager } = debugged();
    const [first, second] = [manager.startEvent("query"), manager.startEvent("retrieve")];
    first.onEnd();
    const child = second.child("tree");
    second.onEnd();
    child.onEnd();
    const [tree] = debug.getEventPairs("tree")[0]!;
    expect(tree.parentId).toBe(second.id);
    expect(manager.openEvents).toBe(0);
  },

  async "run-llama/llama_index/pull/15542"() {
    // A model that is called by itself starts no trace, and handlers that need one see nothing.
    const traces: string[] = [];
    const manager = new CallbackManager({
      handlers: [
        { startTrace: ({ name }) => void traces.push(name), endTrace: () => void traces.push("end") },
      ],
    });
    await manager.event("llm", () => {});
    expect(traces).toEqual(["llm", "end"]);
  },

  async "run-llama/llama_index/pull/13700"() {
    // What is passed on to another thread of execution does not find its parent.
    const { debug, manager } = debugged();
    const queue: (() => unknown)[] = [];
    await manager.event("query", () => {
      queue.push(AsyncLocalStorage.bind(() => manager.event("retrieve", () => {})));
    });
    await turn();
    for (const task of queue) task();
    await turn();
    const [query] = debug.getEventPairs("query")[0]!;
    expect(debug.getEventPairs("retrieve")[0]![0].parentId).toBe(query.id);
  },

  async "Arize-ai/openinference/issues/248"() {
    // Of concurrent traces only one is kept, and all have the same times.
    const { debug, manager } = debugged();
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
    const all = Promise.all(
      gates.map(({ promise }, n) =>
        manager.asTrace(`query ${n}`, () => manager.event("query", () => promise)),
      ),
    );
    for (const gate of gates.toReversed()) {
      gate.resolve();
      // oxlint-disable-next-line no-await-in-loop -- one ends after another
      await turn();
    }
    await all;
    const events: AnyEventStart[] = debug.getEventPairs("query").map(([start]) => start);
    expect(events.map(({ traceName }) => traceName)).toEqual(["query 0", "query 1", "query 2"]);
    expect(new Set(events.map(({ traceId }) => traceId)).size).toBe(3);
    const ends = debug.getEventPairs("query").map(([, { endTime }]) => endTime);
    expect(ends.toSorted((a, b) => b - a)).toEqual(ends);
  },
};

describe("what users of LlamaIndex met", () => {
  // oxlint-disable-next-line expect-expect -- each has its own
  it.each(Object.entries(complaints))("does not happen here: %s", (_, onOurs) => onOurs());

  it("is in the guide, in the same order", () => {
    const guide = readFileSync("docs/guides/from-llamaindex-python.md", "utf8");
    const links = [...guide.matchAll(/\]\(https:\/\/github\.com\/([^)]+)\)/g)].map(([, path]) => path);
    expect(links).toEqual(Object.keys(complaints));
  });
});
