import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  CallbackManager,
  continueTrace,
  currentTrace,
  DebugHandler,
  serializeTrace,
  type TraceCarrier,
} from "../index.ts";

function debugged(options: { sample?: number } = {}) {
  const debug = new DebugHandler();
  return { debug, manager: new CallbackManager({ handlers: [debug], ...options }) };
}

beforeEach(() => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

/** The example of the W3C recommendation. */
const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

describe("a continued trace", () => {
  it("is joined below the event that was open", async () => {
    const here = debugged();
    const there = debugged();
    let carrier: TraceCarrier | undefined;
    await here.manager.asTrace("über, all=1", () =>
      here.manager.event("query", () => {
        carrier = serializeTrace();
      }),
    );
    const wire = JSON.parse(JSON.stringify(carrier)) as TraceCarrier;
    expect(wire.traceparent).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    expect(wire.tracestate).toMatch(/^llx=[\x21-\x2b\x2d-\x3c\x3e-\x7e]+$/);
    await continueTrace(wire, () =>
      there.manager.event("retrieve", () => there.manager.event("tree", () => {})),
    );
    const query = here.debug.getEvents("query")[0]!.event;
    const [retrieve] = there.debug.getEventPairs("retrieve")[0]!;
    const [tree] = there.debug.getEventPairs("tree")[0]!;
    expect(retrieve).toMatchObject({ traceId: query.traceId, parentId: query.id, traceName: "über, all=1" });
    expect(tree).toMatchObject({ traceId: query.traceId, parentId: retrieve.id });
  });

  it("can be passed on again", () => {
    const { debug, manager } = debugged();
    const onward = continueTrace({ traceparent }, () => {
      expect(currentTrace()).toMatchObject({ id: "4bf92f3577b34da6a3ce929d0e0e4736", stack: [] });
      expect(serializeTrace()!.traceparent).toBe(traceparent);
      const event = manager.startEvent("query");
      return event.run(() => serializeTrace()!.traceparent);
    });
    const { event } = debug.getEvents("query")[0]!;
    expect(event.parentId).toBe("00f067aa0ba902b7");
    expect(onward).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${event.id}-01`);
  });

  it("keeps a name that was cut within a character", async () => {
    const { manager } = debugged();
    const name = "why? 🌊".slice(0, 6);
    const carrier = await manager.asTrace(name, () => serializeTrace());
    continueTrace(carrier, () => expect(currentTrace()?.name).toBe("why? \ufffd"));
  });

  it("that was not sampled stays so", async () => {
    const { debug, manager } = debugged();
    await continueTrace({ traceparent: traceparent.replace(/01$/, "00") }, async () => {
      await manager.event("query", () => {
        expect(serializeTrace()!.traceparent).toMatch(/-00$/);
      });
    });
    expect(debug.getEvents()).toEqual([]);
  });

  it("is read from the headers of a real request, of node:http and of fetch", async () => {
    const { debug, manager } = debugged();
    const server = createServer((request, response) => {
      const forms = [request.headers, new Headers(request.headers as Record<string, string>)];
      for (const headers of forms) continueTrace(headers, () => manager.startEvent("query").onEnd());
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}`, { headers: { traceparent, tracestate: "other=1,llx=nightly" } });
    await new Promise((resolve) => server.close(resolve));
    const event = { parentId: "00f067aa0ba902b7", traceName: "nightly" };
    expect(debug.getEventPairs("query")).toMatchObject([
      [event, event],
      [event, event],
    ]);
  });

  it("is undefined without any handler", () => {
    expect(serializeTrace()).toBeUndefined();
  });

  it.each([
    undefined,
    {},
    { get: () => null },
    new Map<string, string>(),
    { traceparent: [traceparent, traceparent] },
    { traceparent: "" },
    { traceparent: "garbage" },
    { traceparent: 7 as never },
    { traceparent: `ff${traceparent.slice(2)}` },
    { traceparent: `${traceparent}-more` },
    { traceparent: traceparent.toUpperCase() },
    { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` },
    { traceparent: `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01` },
  ])("starts anew where the carrier cannot be read: %j", async (carrier) => {
    const { debug, manager } = debugged();
    await continueTrace(carrier, () => manager.event("query", () => {}));
    const { event } = debug.getEvents("query")[0]!;
    expect(event.parentId).toBeUndefined();
    expect(event.traceId).not.toBe("4bf92f3577b34da6a3ce929d0e0e4736");
  });

  it.each([
    ["empty", { traceparent: "" }, "its traceparent is empty, so its sender was outside any trace"],
    [
      "malformed",
      { traceparent: "sk-secret" },
      "its traceparent does not have the format of W3C Trace Context",
    ],
    [
      "twice there",
      new Headers({ traceparent: `${traceparent}, ${traceparent}` }),
      "its traceparent does not have",
    ],
    ["no text", { traceparent: 7 as never }, "its traceparent does not have"],
  ])("warns once in a process where it is %s, without the value", async (_what, carrier, words) => {
    vi.resetModules();
    const fresh = await import("./trace-carrier.ts");
    for (let n = 0; n < 2; n++) expect(fresh.continueTrace(carrier, () => 7)).toBe(7);
    expect(process.emitWarning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(words), {
      type: "TraceCarrierUnreadable",
      code: "LLX_TRACE_CARRIER_UNREADABLE",
    });
    expect(process.emitWarning).not.toHaveBeenCalledWith(
      expect.stringContaining("secret"),
      expect.anything(),
    );
  });

  it("does not warn without a traceparent", async () => {
    vi.resetModules();
    const fresh = await import("./trace-carrier.ts");
    const none = [
      undefined,
      {},
      new Headers(),
      new Map<string, string>(),
      { get: () => null },
      { traceparent },
    ];
    for (const carrier of none) fresh.continueTrace(carrier, () => {});
    expect(process.emitWarning).not.toHaveBeenCalled();
  });

  it("is read in a later version of the standard, and with a malformed name", async () => {
    const { debug, manager } = debugged();
    const carrier = { traceparent: `01${traceparent.slice(2)}-more`, tracestate: "other=1, llx=%E0%A4%A" };
    await continueTrace(carrier, () => manager.event("query", () => {}));
    expect(debug.getEvents("query")[0]!.event).toMatchObject({
      parentId: "00f067aa0ba902b7",
      traceName: "continued",
    });
  });
});

it("continueTrace needs a function", () => {
  expect(() => continueTrace({}, undefined as never)).toThrow(
    new TypeError("the second argument of continueTrace must be a function, not undefined"),
  );
});
