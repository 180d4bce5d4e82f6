// Concurrent traces: each call finds its own.
import { CallbackManager, currentTrace, DebugHandler } from "@llx/callbacks";
import { search } from "./library.ts";

const debug = new DebugHandler({ sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

const serve = (user: string, words: readonly string[]): Promise<string> =>
  manager.asTrace(user, async () => {
    await Promise.all(words.map(search));
    return `${currentTrace()?.name} asked for ${words.join(" and ")}`;
  });

const lines = await Promise.all([serve("Ann", ["moon", "bees"]), serve("Bob", ["dough"])]);
console.log(lines.join("; "));
debug.printTraceMap();
