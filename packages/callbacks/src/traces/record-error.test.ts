import { describe, expect, it } from "vitest";
import { record } from "../testing/recorder.ts";

describe("errors", () => {
  it("are recorded once, where they were thrown; parents refer to that event by errorEventId", async () => {
    const { manager, recorder } = record();
    const error = Object.freeze(new Error("boom"));
    const work = manager.event("query", () =>
      manager.event("retrieve", () => manager.event("embedding", () => Promise.reject(error))),
    );
    await expect(work).rejects.toBe(error);
    const thrower = recorder.end("embedding");
    expect(thrower).toMatchObject({ status: "error", error, errorEventId: undefined });
    for (const type of ["retrieve", "query"] as const) {
      expect(recorder.end(type)).toMatchObject({
        status: "error",
        error: undefined,
        errorEventId: thrower.id,
      });
    }
  });

  it("that are primitives are recorded once on their way up, and again elsewhere", async () => {
    const { manager, recorder } = record();
    await manager.event("query", async () => {
      await manager
        .event("retrieve", () => manager.event("embedding", () => Promise.reject(0)))
        .catch(() => {});
      await manager.event("reranking", () => Promise.reject(0)).catch(() => {});
    });
    expect(recorder.end("retrieve").errorEventId).toBe(recorder.end("embedding").id);
    expect(recorder.end("embedding").error).toBe(0);
    expect(recorder.end("reranking")).toMatchObject({ error: 0, errorEventId: undefined });
    expect(recorder.end("query").status).toBe("ok");
  });

  it("shared by two branches are recorded on the first", async () => {
    const { manager, recorder } = record();
    const shared = Promise.reject(new Error("shared"));
    const work = manager.event("query", () =>
      Promise.allSettled([manager.event("retrieve", () => shared), manager.event("reranking", () => shared)]),
    );
    await work;
    expect(recorder.end("reranking").errorEventId).toBe(recorder.end("retrieve").id);
  });

  it('that are aborts end the event as "aborted"', async () => {
    const { manager, recorder } = record();
    const abort = new DOMException("stop", "AbortError");
    await expect(manager.event("query", () => Promise.reject(abort))).rejects.toBe(abort);
    expect(recorder.end("query")).toMatchObject({ status: "aborted", error: undefined });
    const controller = new AbortController();
    const reason = new Error("the user left");
    controller.abort(reason);
    const body = (): Promise<never> => Promise.reject(reason);
    await expect(manager.event("retrieve", body, { signal: controller.signal })).rejects.toBe(reason);
    expect(recorder.end("retrieve").status).toBe("aborted");
  });

  it("thrown outside any event become an exception event of the trace", async () => {
    const { manager, recorder } = record();
    const outside = new Error("outside");
    await expect(manager.asTrace("job", () => Promise.reject(outside))).rejects.toBe(outside);
    expect(recorder.end("exception")).toMatchObject({ error: outside, status: "error", traceName: "job" });
    for (const thrown of [new Error("inside"), "inside"]) {
      const inside = manager.asTrace("job", () => manager.event("query", () => Promise.reject(thrown)));
      await expect(inside).rejects.toBe(thrown);
    }
    expect(recorder.ends.filter(({ type }) => type === "exception")).toHaveLength(1);
  });
});
