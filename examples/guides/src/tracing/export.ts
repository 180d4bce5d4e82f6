// Exports the recorded events for other tools. `node export.ts trace.json` writes them to that file.
import { subscribe } from "node:diagnostics_channel";
import { writeFile } from "node:fs/promises";
import { devNull } from "node:os";
import { type AnyEventEnd, CallbackManager, DebugHandler } from "@llx/callbacks";
import { diagnosticsPublisher } from "@llx/callbacks/diagnostics";
import { search } from "./library.ts";

const path = process.argv[2] ?? devNull;

const debug = new DebugHandler();
const manager = new CallbackManager({ handlers: [debug, diagnosticsPublisher()] });

subscribe("llx:event:end", (message) => {
  const { type, traceName, status } = message as AnyEventEnd;
  console.log(`${type} of ${traceName}: ${status}`);
});

await manager.asTrace("export", () => Promise.all([search("moon"), search("dough")]));

await writeFile(path, JSON.stringify(debug.toChromeTrace()));
