import { describe, expect, it } from "vitest";
import type { EventRecord } from "../../record/devtools-record.ts";
import { RunModel } from "./run-model.ts";
import { type TreeOrder, treeRows } from "./tree-rows.ts";

const model = new RunModel();
const add = (
  id: string,
  type: string,
  parent: string | undefined,
  time: number,
  end: number,
  more: Partial<EventRecord> = {},
): void =>
  model.add({
    kind: "event",
    id,
    type,
    trace: "t",
    time,
    end,
    status: "ok",
    ...(parent !== undefined && { parent }),
    ...more,
  });
add("a", "ingestion", undefined, 0, 100, { traceName: "nightly" });
add("b", "chunking", "a", 0, 10);
add("c", "async_job", "a", 10, 30, { payload: { index: 0 } });
add("d", "async_job", "a", 20, 60, { payload: { index: 1 }, status: "error" });
add("e", "llm", "d", 25, 35, { payload: { model: "large" } });

const rowsOf = (expanded: readonly string[], order: TreeOrder = "slowest") =>
  treeRows(model.roots, (key) => expanded.includes(key), order, 0);

describe("treeRows", () => {
  it("folds siblings of one kind, and adds up the time in which any of them ran", () => {
    const [, jobs, chunking] = rowsOf(["a"]);
    expect(jobs).toMatchObject({
      label: "async_job",
      count: 2,
      failed: 1,
      level: 2,
      // From 10 to 60.
      total: 50,
      average: 30,
      longest: 40,
      around: 100,
      isExpanded: false,
    });
    expect(chunking).toMatchObject({ label: "chunking", total: 10, self: 10, isExpanded: undefined });
  });

  it("shows the members of a fold, slowest first or as they started", () => {
    const labels = (order: TreeOrder): string[] =>
      rowsOf(["a", "a/async_job", "d"], order).map(({ label }) => label);
    expect(labels("slowest")).toEqual([
      "nightly",
      "async_job",
      "async_job 1",
      "llm large",
      "async_job 0",
      "chunking",
    ]);
    expect(labels("first")).toEqual([
      "nightly",
      "chunking",
      "async_job",
      "async_job 0",
      "async_job 1",
      "llm large",
    ]);
  });

  it("says what share of the event around it an event has", () => {
    const rows = rowsOf(["a", "a/async_job", "d"]);
    // The job of 40 in the whole of 100, and the call of 10 in the job.
    expect(rows.slice(2, 4).map(({ total, around, level }) => [total, around, level])).toEqual([
      [40, 100, 3],
      [10, 40, 4],
    ]);
  });

  it("lists the first 200 of many", () => {
    const many = new RunModel();
    for (let n = 0; n < 250; n++) {
      many.add({ kind: "event", id: `${n}`, type: "query", trace: "t", time: n, end: n + 1, status: "ok" });
    }
    const rows = treeRows(many.roots, () => true, "slowest", 0);
    expect(rows).toHaveLength(202);
    expect(rows.at(-1)!.label).toBe("… 50 more: search for them");
  });
});
