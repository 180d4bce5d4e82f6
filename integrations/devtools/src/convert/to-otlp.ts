import { at, text } from "./loose-json.ts";
import type { WholeEvent } from "./whole-events.ts";

type Attribute = { readonly key: string; readonly value: object };

/** Names of the semantic conventions for what they have one for. */
const names: Readonly<Record<string, string>> = {
  provider: "gen_ai.provider.name",
  requestId: "llx.request_id",
};

/** An event as a span of OTLP/JSON. */
export function toOtlpSpan(event: WholeEvent): object {
  const { id, trace, parent, type, time, end, status, error } = event;
  return {
    traceId: trace,
    spanId: id,
    ...(parent !== undefined && { parentSpanId: parent }),
    name: event.traceName ?? type,
    kind: 1,
    startTimeUnixNano: nanoseconds(time),
    // A span has an end: that of one that was open is its start.
    endTimeUnixNano: nanoseconds(end ?? time),
    attributes: attributesOf(event),
    status: status === "error" ? { code: 2, ...(error !== undefined && { message: error.message }) } : {},
    ...(error !== undefined && {
      events: [
        {
          name: "exception",
          timeUnixNano: nanoseconds(end ?? time),
          attributes: [
            attribute("exception.type", error.name),
            attribute("exception.message", error.message),
          ],
        },
      ],
    }),
  };
}

/** What stands before and after the spans, which are separated by commas. */
export const otlpFrame: readonly [string, string] = [
  '{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"scope":{"name":"@llx/devtools"},"spans":[\n',
  "\n]}]}]}\n",
];

function attributesOf({ type, payload = {}, endPayload = {}, tags = {}, status }: WholeEvent): Attribute[] {
  const found: Attribute[] = [attribute("llx.type", type)];
  if (type === "embedding") found.push(attribute("gen_ai.operation.name", "embeddings"));
  if (type === "llm") found.push(attribute("gen_ai.operation.name", "chat"));
  if (status !== "ok" && status !== "error") found.push(attribute("llx.status", status ?? "unfinished"));
  const [request, response] = [text(payload["model"]), text(endPayload["model"])];
  if (request !== undefined) found.push(attribute("gen_ai.request.model", request));
  if (response !== undefined) found.push(attribute("gen_ai.response.model", response));
  for (const [name, of] of [
    ["input_tokens", "inputTokens"],
    ["output_tokens", "outputTokens"],
  ] as const) {
    const tokens = at(endPayload["usage"], of);
    if (typeof tokens === "number") found.push(attribute(`gen_ai.usage.${name}`, tokens));
  }
  for (const [name, value] of Object.entries({ ...payload, ...endPayload })) {
    if (name === "model" || name === "usage") continue;
    found.push(attribute(names[name] ?? `llx.${snake(name)}`, value));
  }
  for (const [name, value] of Object.entries(tags)) found.push(attribute(`llx.tag.${name}`, value));
  return found;
}

function attribute(key: string, value: unknown): Attribute {
  switch (typeof value) {
    case "string":
      return { key, value: { stringValue: value } };
    case "boolean":
      return { key, value: { boolValue: value } };
    case "number":
      return {
        key,
        value: Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value },
      };
    default:
      return { key, value: { stringValue: JSON.stringify(value) ?? "" } };
  }
}

const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** As a string, as they do not fit into a number. */
function nanoseconds(milliseconds: number): string {
  return `${Math.round(milliseconds * 1_000)}000`;
}
