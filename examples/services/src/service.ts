// The program, but for how it is run: see main.ts and exit-code.ts.
import { once } from "node:events";
import type { AsyncRunContext } from "@llx/async";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { serveNode } from "./node-http.ts";
import { openModel } from "./open-model.ts";
import { Search } from "./search.ts";

export async function main(context: AsyncRunContext, serve = serveNode): Promise<void> {
  const { signal, own, defer } = context;
  const debug = new DebugHandler({ printTraceOnEnd: true, sink: process.stdout });
  const manager = own(new CallbackManager({ handlers: [debug] })); // closed last, so it records the rest
  const search = own(await Search.open(openModel(manager), manager, signal));
  defer(() => console.log("the model is closed next"));
  const url = await serve(context, search, Number(process.env["PORT"] ?? 0));
  console.log(`listening on ${url}`);
  await once(signal, "abort"); // SIGTERM, or Ctrl-C
}

/** Prints in one line why the service cannot start, such as that its port is taken. What comes after a signal is thrown. */
export function report(error: Error): void {
  if (process.exitCode !== undefined) throw error; // 143, or 130 after Ctrl-C
  console.error(`the service cannot start: ${error.message}`);
  process.exit(1);
}
