import { afterEach, describe, expect, it, vi } from "vitest";
import { deserializeEvent, type SerializedEvent } from "../traces/serialized-event.ts";
import { printTraceTree } from "./trace-tree.ts";

afterEach(() => vi.unstubAllEnvs());

let lastId = 0;

/** An event at given times, in milliseconds from the start of the trace. */
function event(
  type: string,
  start: number,
  end: number | undefined,
  more: Partial<SerializedEvent> & { readonly parent?: SerializedEvent } = {},
): SerializedEvent {
  const { parent, ...rest } = more;
  return {
    id: String(++lastId).padStart(16, "0"),
    type,
    traceId: "t",
    traceName: "job",
    startTime: 1000 + start,
    ...(end !== undefined && { endTime: 1000 + end, status: "ok" }),
    ...(parent && { parentId: parent.id }),
    payload: {},
    endPayload: {},
    ...rest,
  };
}

function print(
  events: readonly SerializedEvent[],
  sink: { columns?: number; isTTY?: boolean } = {},
  dropped = 0,
): string {
  vi.stubEnv("FORCE_COLOR", undefined);
  let text = "";
  printTraceTree(events.map(deserializeEvent), { ...sink, write: (part: string) => (text += part) }, dropped);
  return text;
}

function sample(): SerializedEvent[] {
  const query = event("query", 0, 100);
  const retrieve = event("retrieve", 10, 50, { parent: query });
  const failed = event("synthesize", 50, 90, {
    parent: query,
    status: "error",
    error: { name: "ServerError", message: "the service answered 503: try again later\nsecond line" },
  });
  const aborted = event("reranking", 50, 60, { parent: query, status: "aborted" });
  const open = event("tree", 60, undefined, { parent: query });
  return [query, retrieve, failed, aborted, open];
}

describe("the printed tree", () => {
  it("shows durations, the share of the parent, self time, and errors", () => {
    expect(print(sample(), { columns: 80 })).toBe(
      `
trace job  100 ms
└─ query           100 ms  100.0 %  self 20.0 ms
   ├─ retrieve    40.0 ms   40.0 %
   ├─ synthesize  40.0 ms   40.0 %                ✗ ServerError: the service an…
   ├─ reranking   10.0 ms   10.0 %                ⊘ aborted
   └─ tree           open                         still open
`.slice(1),
    );
  });

  it("shows the whole error where the lines have no end", () => {
    const whole = "✗ ServerError: the service answered 503: try again later";
    expect(print(sample())).toContain(`   ├─ synthesize  40.0 ms   40.0 %                ${whole}\n`);
    expect(print(sample(), { isTTY: true })).not.toContain(whole);
  });

  it("shows the names of functions and steps, and folds those of one name", () => {
    const query = event("query", 0, 100);
    const call = (name: string, start: number) =>
      event("function_call", start, start + 10, { parent: query, payload: { name } });
    const calls = [call("load", 0), call("load", 10), call("load", 20), call("parse", 30)];
    const other = event("session", 40, 50, { parent: query, payload: { name: "Ann" } });
    expect(print([query, ...calls, other])).toBe(
      `
trace job  100 ms
└─ query                      100 ms  100.0 %  self 50.0 ms
   ├─ function_call load ×3  30.0 ms   30.0 %   avg 10.0 ms
   ├─ function_call parse    10.0 ms   10.0 %
   └─ session                10.0 ms   10.0 %
`.slice(1),
    );
  });

  it("puts an error note below the line if there is no room in it", () => {
    expect(print(sample(), { columns: 40 })).toBe(
      `
trace job  100 ms
└─ query           100 ms  100.0 %
   ├─ retrieve    40.0 ms   40.0 %
   ├─ synthesize  40.0 ms   40.0 %
   │  ✗ ServerError: the service answer…
   ├─ reranking   10.0 ms   10.0 %
   │  ⊘ aborted
   └─ tree           open
      still open
`.slice(1),
    );
  });

  it("counts the time of children that run at once only once", () => {
    const query = event("query", 0, 100);
    const children = [
      event("retrieve", 10, 60, { parent: query }),
      event("reranking", 30, 80, { parent: query }),
      // Continues after its parent: the time beyond is not the parent's.
      event("tree", 90, 150, { parent: query }),
    ];
    expect(print([query, ...children])).toMatch(/query .*self 20\.0 ms/);
  });

  it("folds equal siblings and their children; a failed one has its own line", () => {
    const call = event("embed_texts", 0, 100);
    const jobs = Array.from({ length: 1000 }, (_, n) => {
      const failed = n === 500 ? ({ status: "error", errorEventId: "x" } as const) : {};
      const job = event("async_job", n / 20, n / 20 + 10, { parent: call, ...failed });
      return [job, event("embedding", n / 20, n / 20 + 8, { parent: job })];
    });
    const text = print([call, ...jobs.flat()]);
    expect(text.split("\n")).toHaveLength(7);
    expect(text).toMatch(/async_job ×999 +60\.0 ms +60\.0 % +avg 10\.0 ms/);
    expect(text).toMatch(/embedding ×999 .* avg 8\.00 ms/);
    expect(text).toMatch(/async_job +10\.0 ms .*✗/);
  });

  it.each([80, 40, 20])("fits into %s columns", (columns) => {
    const deep = sample();
    let parent = deep[1]!;
    for (let n = 0; n < 6; n++) {
      parent = event("sub_question", 20, 40, { parent });
      deep.push(parent);
    }
    const lines = print(deep, { columns }).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(deep.length + 1);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(columns);
    for (const line of lines) expect(line, line).toBe(line.trimEnd());
  });

  it("is cut off after 50 levels, and says how many events are below", () => {
    const chain = [event("query", 0, 100)];
    for (let n = 1; n < 60; n++) chain.push(event("tree", 0, 100, { parent: chain.at(-1)! }));
    chain.push(
      event("tree", 0, 100, { parent: chain.at(-1)! }),
      event("llm", 0, 100, { parent: chain[55]! }),
    );
    const lines = print(chain, { columns: 400 }).trimEnd().split("\n");
    expect(lines).toHaveLength(52); // the trace, 50 levels, and the rest
    expect(lines.at(-1)).toBe("… 12 events further below");
    expect(print(chain.slice(0, 51), { columns: 400 })).toContain("… 1 event further below");
  });

  it("shows an event that was merged twice once, with its children", () => {
    const chain = [event("query", 0, 100)];
    for (let n = 1; n < 40; n++) chain.push(event("tree", 0, 100, { parent: chain.at(-1)! }));
    expect(
      print([...chain, ...chain])
        .trimEnd()
        .split("\n"),
    ).toHaveLength(41);
  });

  it("uses colour on a terminal, unless NO_COLOR is set; FORCE_COLOR overrides", () => {
    const red = "\u001B[31m";
    vi.stubEnv("NO_COLOR", undefined);
    expect(print(sample(), { isTTY: true })).toContain(red);
    expect(print(sample(), { isTTY: false })).not.toContain("\u001B");
    vi.stubEnv("NO_COLOR", "1");
    expect(print(sample(), { isTTY: true })).not.toContain("\u001B");
    let text = "";
    vi.stubEnv("FORCE_COLOR", "1");
    printTraceTree(sample().map(deserializeEvent), { write: (part: string) => (text += part) }, 0);
    expect(text).toContain(red);
  });

  it("puts an event whose parent is missing at the top, and each trace by itself", () => {
    const lost = event("retrieve", 0, 10, { parentId: "nobody" });
    const other = event("query", 20, 30, { traceId: "u", traceName: "other" });
    expect(print([lost, other])).toBe(
      "trace job  10.0 ms\n└─ retrieve  10.0 ms  100.0 %\ntrace other  10.0 ms\n└─ query  10.0 ms  100.0 %\n",
    );
  });
});
