import assert from "node:assert/strict";
import type { DebugHandler } from "@llx/callbacks";

/** Each question has its own trace, with its own events and no others. */
export function checkTraces(debug: DebugHandler, questions: readonly string[]): void {
  const traces = Map.groupBy(
    debug.getEventPairs().map(([start]) => start),
    ({ traceId }) => traceId,
  );
  const asked: string[] = [];
  for (const events of traces.values()) {
    const [root, ...others] = events;
    assert.equal(root?.type, "query", "a trace begins with its question");
    const question = root.payload.content?.query;
    assert(question !== undefined, "the texts must be captured");
    asked.push(question);
    const ids = new Set(events.map(({ id }) => id));
    for (const event of others) {
      assert(event.parentId !== undefined && ids.has(event.parentId), "a parent is in the same trace");
      if (event.type === "search") assert.equal(event.payload.content?.query, question);
      if (event.type === "embedding") assert.deepEqual(event.payload.content?.texts, [question]);
    }
    const searches = others.filter(({ type }) => type === "search");
    assert.equal(searches.length, 2, "a question is searched for by its vector, and by its words");
  }
  assert.deepEqual(asked.toSorted(), questions.toSorted());
}
