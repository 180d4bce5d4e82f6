// Which event was left open, and where it was started.
import { CallbackManager, DebugHandler } from "@llx/callbacks";

const debug = new DebugHandler({ stacks: true, sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

await manager.asTrace("nightly", async () => {
  manager.startEvent("agent_step", { name: "collect" }); // nobody ends it
  await manager.event("retrieve", () => {});
});
for (const { event, startedAt } of debug.getOpenEvents())
  console.log(event.type, startedAt?.split("/").at(-1));
