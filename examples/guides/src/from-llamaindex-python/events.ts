import { CallbackManager, DebugHandler } from "@llx/callbacks";

const search = async (question: string): Promise<string[]> => [`about ${question}`];

const debug = new DebugHandler({ printTraceOnEnd: true, capture: "full", sink: process.stdout });
const manager = new CallbackManager({ handlers: [debug] });

await manager.asTrace("questions", async () => {
  const nodes = await manager.event("retrieve", { topK: 3, content: { query: "tides" } }, async (event) => {
    const found = await search("tides");
    event.set({ count: found.length, content: { nodes: found } });
    return found;
  });
  console.log(nodes.join(", "));
});
for (const [start, end] of debug.getEventPairs("retrieve")) {
  console.log(start.payload, end.endPayload, end.status);
}
console.log(debug.getEventTimeInfo("retrieve").count);
