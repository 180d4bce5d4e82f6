// Loaded before a program with `node --import`: its events are written to a file in the folder of the command that runs it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installHandler } from "@llx/callbacks/diagnostics";
import { fileOf, loadedFile, variables } from "./cli/child-settings.ts";
import { EventRecorder } from "./handler/event-recorder.ts";
import { RecordLog } from "./record/record-log.ts";

const folder = process.env[variables.folder];

if (folder !== undefined) install(folder);

function install(into: string): void {
  try {
    writeFileSync(join(into, loadedFile), "");
  } catch {
    // The command has ended before this process, and nobody looks.
  }
  const recorder = new EventRecorder({
    maxEvents: 10_000,
    stallAfter: Number(process.env[variables.stallAfter]) || 10_000,
    isComplete: true,
  });
  let log: RecordLog | undefined;
  // Created with the first line: most of the processes that start beside a program have no events.
  recorder.attach(() => {
    if (log === undefined) {
      log = new RecordLog(join(into, fileOf(recorder.source)));
      log.write(recorder.beginning());
    }
    return log;
  });
  installHandler({
    name: "devtools",
    capture: process.env[variables.full] === "1" ? "full" : "sizes",
    onEventStart: (event) => recorder.start(event),
    onEventEnd: (event) => recorder.end(event),
    flush: () => recorder.flush(),
  });
  process.on("exit", (code) => {
    if (log !== undefined || recorder.hasSeenEvents) recorder.exit(code);
  });
}
