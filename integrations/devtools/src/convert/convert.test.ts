import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DevtoolsRecord, EventRecord } from "../record/devtools-record.ts";
import { readAny } from "./read-any.ts";
import { type Format, writeAs } from "./write-as.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-convert-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function fileOf(...lines: (object | string)[]): string {
  const path = join(folder, "given");
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
  writeFileSync(path, `${texts.join("\n")}\n`);
  return path;
}

const eventsOf = (records: readonly DevtoolsRecord[]): EventRecord[] =>
  records.filter((each): each is EventRecord => each.kind === "event");

const trace = "5b0d41d58f4886cd743c755a1a73b162";
const a = "00000000000000aa";
const b = "00000000000000bb";
const c = "00000000000000cc";
const run: DevtoolsRecord[] = [
  { kind: "record", version: 1, time: 1_000 },
  { kind: "start", id: a, type: "query", trace, traceName: "nightly", time: 1_000, tags: { tenant: "acme" } },
  {
    kind: "event",
    id: b,
    type: "llm",
    trace,
    parent: a,
    time: 1_000.25,
    end: 1_002.5,
    status: "ok",
    payload: { model: "large", provider: "Example", attempt: 2 },
    endPayload: { usage: { inputTokens: 10, outputTokens: 4 }, finishReason: "stop" },
  },
  {
    kind: "event",
    id: c,
    type: "retrieve",
    trace,
    parent: a,
    time: 1_001,
    end: 1_004,
    status: "error",
    error: { name: "RangeError", message: "too many" },
  },
  { kind: "end", id: a, time: 1_005, status: "error", errorFrom: c },
];

async function converted(format: Format): Promise<string> {
  const target = join(folder, "target");
  await writeAs(format, readAny(fileOf(...run)), target);
  return target;
}

describe("OTLP/JSON", () => {
  it("is written with the names of the semantic conventions", async () => {
    const { resourceSpans } = JSON.parse(readFileSync(await converted("otlp"), "utf8")) as {
      resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
    };
    const { spans } = resourceSpans[0]!.scopeSpans[0]!;
    expect(spans[0]).toEqual({
      traceId: trace,
      spanId: b,
      parentSpanId: a,
      name: "llm",
      kind: 1,
      startTimeUnixNano: "1000250000",
      endTimeUnixNano: "1002500000",
      status: {},
      attributes: [
        { key: "llx.type", value: { stringValue: "llm" } },
        { key: "gen_ai.operation.name", value: { stringValue: "chat" } },
        { key: "gen_ai.request.model", value: { stringValue: "large" } },
        { key: "gen_ai.usage.input_tokens", value: { intValue: "10" } },
        { key: "gen_ai.usage.output_tokens", value: { intValue: "4" } },
        { key: "gen_ai.provider.name", value: { stringValue: "Example" } },
        { key: "llx.attempt", value: { intValue: "2" } },
        { key: "llx.finish_reason", value: { stringValue: "stop" } },
      ],
    });
    expect(spans.map(({ name }) => name)).toEqual(["llm", "retrieve", "nightly"]);
    expect(spans[1]).toMatchObject({
      status: { code: 2, message: "too many" },
      events: [{ name: "exception" }],
    });
  });

  it("comes back as it was: outer events first", async () => {
    const [query, llm, retrieve] = eventsOf(await Array.fromAsync(readAny(await converted("otlp"))));
    expect(query).toMatchObject({ id: a, traceName: "nightly", time: 1_000, end: 1_005, status: "error" });
    expect(llm).toMatchObject({
      id: b,
      type: "llm",
      parent: a,
      time: 1_000.25,
      end: 1_002.5,
      status: "ok",
      payload: { model: "large", "llx.attempt": 2 },
      endPayload: { usage: { inputTokens: 10, outputTokens: 4 } },
    });
    expect(retrieve).toMatchObject({ id: c, error: { name: "RangeError", message: "too many" } });
  });

  it("is read as a collector writes it: an object a line, with any kind of value", async () => {
    const span = (spanId: string, more: object): object => ({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  traceId: trace.toUpperCase(),
                  spanId,
                  name: "GET /",
                  startTimeUnixNano: "1795936471057433210",
                  ...more,
                },
              ],
            },
          ],
        },
      ],
    });
    const attributes = [
      { key: "http.response.status_code", value: { intValue: 503 } },
      { key: "list", value: { arrayValue: { values: [{ stringValue: "x" }, { doubleValue: 0.5 }] } } },
      { key: "map", value: { kvlistValue: { values: [{ key: "is", value: { boolValue: true } }] } } },
    ];
    const path = fileOf(
      span("AA", {
        endTimeUnixNano: "1795936471058433210",
        attributes,
        status: { code: "STATUS_CODE_ERROR" },
      }),
      span("bb", { parentSpanId: "AA", name: null }),
      span("cc", { parentSpanId: "" }),
    );
    const [process, ...events] = await Array.fromAsync(readAny(path));
    expect(process).toMatchObject({ kind: "process", program: "given" });
    expect(events).toMatchObject([
      {
        id: "aa",
        trace,
        type: "GET /",
        time: 1_795_936_471_057.433,
        end: 1_795_936_471_058.433,
        status: "error",
        error: { name: "Error", message: "" },
        payload: { "http.response.status_code": 503, list: ["x", 0.5], map: { is: true } },
      },
      { id: "cc", traceName: "GET /", status: "ok" },
    ]);
  });
});

describe("a Chrome trace", () => {
  it("is written with events that overlap on rows of their own", async () => {
    const { traceEvents } = JSON.parse(readFileSync(await converted("chrome"), "utf8")) as {
      traceEvents: { name: string; ts: number; dur: number; tid: number; args: object }[];
    };
    expect(traceEvents.map(({ name, ts, dur, tid }) => [name, ts, dur, tid])).toEqual([
      ["nightly", 1_000_000, 5_000, 0],
      ["llm", 1_000_250, 2_250, 0],
      ["retrieve", 1_001_000, 3_000, 1],
    ]);
    expect(traceEvents[2]!.args).toMatchObject({ status: "error", error: { name: "RangeError" } });
  });

  it("is read with its nesting, complete events and pairs alike", async () => {
    const at = (ph: string, name: string, ts: number, more: object = {}): object => ({
      ph,
      name,
      ts,
      pid: 1,
      tid: 1,
      ...more,
    });
    const path = fileOf({
      traceEvents: [
        at("X", "inner", 10, { dur: 5, args: { size: 3 } }),
        at("B", "outer", 0),
        at("M", "thread_name", 0),
        at("X", "next", 15, { dur: 5 }),
        at("E", "outer", 30),
        at("X", "elsewhere", 12, { dur: 2, tid: 2 }),
      ],
    });
    const events = eventsOf(await Array.fromAsync(readAny(path)));
    const outer = events.find(({ type }) => type === "outer")!;
    expect(events.map(({ type, time, end }) => [type, time, end])).toEqual([
      ["outer", 0, 0.03],
      ["inner", 0.01, 0.015],
      ["elsewhere", 0.012, 0.014],
      ["next", 0.015, 0.02],
    ]);
    expect(events.map(({ parent }) => parent)).toEqual([undefined, outer.id, undefined, outer.id]);
    expect(events[1]!.payload).toEqual({ size: 3 });
  });
});

describe("other files", () => {
  it("writes a record with what it has", async () => {
    const lines = await Array.fromAsync(readAny(await converted("record")));
    expect(lines.slice(1)).toEqual(run.slice(1));
  });

  it("writes events that are open, and nothing at all, as valid JSON", async () => {
    const target = join(folder, "target");
    const head = run[0]!;
    await writeAs("otlp", readAny(fileOf(head, run[1]!)), target);
    const spans = JSON.parse(readFileSync(target, "utf8")) as {
      resourceSpans: { scopeSpans: { spans: object[] }[] }[];
    };
    expect(spans.resourceSpans[0]!.scopeSpans[0]!.spans).toHaveLength(1);
    await writeAs("chrome", readAny(fileOf(head)), target);
    expect(JSON.parse(readFileSync(target, "utf8"))).toEqual({ traceEvents: [] });
  });

  it.each(["{}", "[]", "hello", "", '{"traceEvents":[]}'])(
    "says that %j is none that it reads",
    async (text) => {
      await expect(Array.fromAsync(readAny(fileOf(text)))).rejects.toThrow(
        "is no record of @llx/devtools, no OTLP/JSON and no Chrome trace",
      );
    },
  );
});
