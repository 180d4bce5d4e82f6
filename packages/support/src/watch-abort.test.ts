import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { type Abortable, unwatchAbort, watchAbort } from "./watch-abort.ts";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe("watchAbort", () => {
  it("notifies all with the reason, in order, by one listener that is removed then", () => {
    const controller = new AbortController();
    const log: unknown[] = [];
    for (const name of ["a", "b", "c"]) {
      watchAbort(controller.signal, { aborted: (reason) => log.push(`${name}: ${String(reason)}`) });
    }
    expect(listeners(controller.signal)).toBe(1);
    controller.abort("enough");
    expect(log).toEqual(["a: enough", "b: enough", "c: enough"]);
    expect(listeners(controller.signal)).toBe(0);
  });

  it("does not notify whoever has stopped watching, also during the abort", () => {
    const controller = new AbortController();
    const { signal } = controller;
    const log: string[] = [];
    const last: Abortable = { aborted: () => log.push("last") };
    const first: Abortable = {
      aborted() {
        log.push("first");
        unwatchAbort(signal, last);
      },
    };
    const gone: Abortable = { aborted: () => log.push("gone") };
    for (const waiting of [first, gone, last]) watchAbort(signal, waiting);
    unwatchAbort(signal, gone);
    controller.abort();
    expect(log).toEqual(["first"]);
    expect(listeners(signal)).toBe(0);
  });

  it("keeps its listener until the last has stopped watching, and starts anew after that", () => {
    const { signal } = new AbortController();
    const [first, second] = [{ aborted() {} }, { aborted() {} }];
    watchAbort(signal, first);
    watchAbort(signal, second);
    unwatchAbort(signal, first);
    unwatchAbort(signal, first);
    expect(listeners(signal)).toBe(1);
    unwatchAbort(signal, second);
    expect(listeners(signal)).toBe(0);
    unwatchAbort(signal, second);
    watchAbort(signal, first);
    expect(listeners(signal)).toBe(1);
  });
});
