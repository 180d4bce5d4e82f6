// An event that begins in one callback and ends in another.
import { EventEmitter, once } from "node:events";
import { CallbackManager, DebugHandler } from "@llx/callbacks";
import { search } from "./library.ts";

declare module "@llx/callbacks" {
  interface EventPayloads {
    /** A user is connected. */
    session: { start: { user: string }; end: { answers?: number } };
  }
}

const debug = new DebugHandler({ sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

function watch(connection: EventEmitter, user: string): void {
  const session = manager.startEvent("session", { user });
  let answers = 0;
  connection.on("message", (word: string) => {
    session
      .run(async () => connection.emit("answer", await search(word)))
      .then(
        () => answers++,
        (error: unknown) => session.fail(error),
      );
  });
  connection.on("close", () => session.onEnd({ answers }));
}

const connection = new EventEmitter();
watch(connection, "Ann");
connection.emit("message", "moon");
await once(connection, "answer");
connection.emit("message", "dough");
await once(connection, "answer");
connection.emit("close");
debug.printTraceMap();
