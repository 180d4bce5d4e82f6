import type { EventRecord } from "../record/devtools-record.ts";
import { at, list, record, text } from "./loose-json.ts";

/** Types of events for what the semantic conventions for generative AI call an operation. */
const types: Readonly<Record<string, string>> = {
  embeddings: "embedding",
  chat: "llm",
  generate_content: "llm",
  text_completion: "llm",
  execute_tool: "function_call",
  invoke_agent: "agent_step",
};

/** Whether a value is what an OTLP exporter writes as JSON. */
export function isOtlp(value: unknown): boolean {
  return Array.isArray(at(value, "resourceSpans"));
}

/** The spans of OTLP/JSON as events: spans of any program, whatever made them. */
export function* fromOtlp(value: unknown): Generator<EventRecord> {
  for (const resource of list(at(value, "resourceSpans"))) {
    for (const scope of list(at(resource, "scopeSpans"))) {
      for (const span of list(at(scope, "spans"))) {
        const event = eventOf(span);
        if (event !== undefined) yield event;
      }
    }
  }
}

function eventOf(span: unknown): EventRecord | undefined {
  const [id, trace, name] = ["spanId", "traceId", "name"].map((field) => text(at(span, field)));
  const [time, end] = [
    milliseconds(at(span, "startTimeUnixNano")),
    milliseconds(at(span, "endTimeUnixNano")),
  ];
  if (!id || !trace || name === undefined || time === undefined) return undefined;
  const attributes = attributesOf(at(span, "attributes"));
  const operation = text(attributes["gen_ai.operation.name"]);
  const parent = text(at(span, "parentSpanId"));
  const usage = usageOf(attributes);
  const model = attributes["gen_ai.request.model"] ?? attributes["gen_ai.response.model"];
  const failed = [2, "2", "STATUS_CODE_ERROR"].includes(at(at(span, "status"), "code") as number | string);
  const payload = { ...(model !== undefined && { model }), ...attributes };
  return {
    kind: "event",
    id: id.toLowerCase(),
    trace: trace.toLowerCase(),
    type: (operation !== undefined && Object.hasOwn(types, operation) ? types[operation] : undefined) ?? name,
    ...(parent ? { parent: parent.toLowerCase() } : { traceName: name }),
    time,
    end: end ?? time,
    status: failed ? "error" : attributes["llx.status"] === "aborted" ? "aborted" : "ok",
    ...(Object.keys(payload).length > 0 && { payload }),
    ...(usage !== undefined && { endPayload: { usage } }),
    ...(failed && { error: errorOf(span, attributes) }),
  };
}

function errorOf(span: unknown, attributes: Readonly<Record<string, unknown>>) {
  const exception = list(at(span, "events")).find((event) => at(event, "name") === "exception");
  const thrown = attributesOf(at(exception, "attributes"));
  return {
    name: text(thrown["exception.type"]) ?? text(attributes["error.type"]) ?? "Error",
    message: text(thrown["exception.message"]) ?? text(at(at(span, "status"), "message")) ?? "",
  };
}

function usageOf(attributes: Readonly<Record<string, unknown>>): Record<string, number> | undefined {
  const input = attributes["gen_ai.usage.input_tokens"];
  const output = attributes["gen_ai.usage.output_tokens"];
  if (typeof input !== "number" && typeof output !== "number") return undefined;
  return {
    ...(typeof input === "number" && { inputTokens: input }),
    ...(typeof output === "number" && { outputTokens: output }),
  };
}

function attributesOf(attributes: unknown): Record<string, unknown> {
  const named: Record<string, unknown> = {};
  for (const attribute of list(attributes)) {
    const key = text(at(attribute, "key"));
    if (key !== undefined) named[key] = valueOf(at(attribute, "value"));
  }
  return named;
}

/** An `AnyValue`: an object with one field, whose name is the type. Whole numbers of 64 bits are strings in JSON. */
function valueOf(value: unknown): unknown {
  const [[type, inner] = ["", undefined]] = Object.entries(record(value));
  if (type === "intValue") return Number(inner);
  if (type === "arrayValue") return list(at(inner, "values")).map(valueOf);
  if (type === "kvlistValue") return attributesOf(at(inner, "values"));
  return inner;
}

/** Nanoseconds since 1970 are a string, as they do not fit into a number. */
function milliseconds(nanoseconds: unknown): number | undefined {
  if (typeof nanoseconds !== "string" && typeof nanoseconds !== "number") return undefined;
  const digits = String(nanoseconds);
  if (!/^\d+$/.test(digits)) return undefined;
  // Microseconds are as exact as a record is.
  return Number(BigInt(digits) / 1_000n) / 1_000;
}
