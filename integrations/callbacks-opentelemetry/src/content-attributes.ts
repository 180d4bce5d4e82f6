import type { AnyEventStart, EventEnd } from "@llx/callbacks";
import type { Attributes } from "@opentelemetry/api";
import { genAi } from "./conventions.ts";
import { inputMessages, outputMessages } from "./messages.ts";
import { toJson } from "./span-form.ts";

/** The texts of an event's start. */
export function startContent(event: AnyEventStart): Attributes {
  const { content } = event.payload as { readonly content?: unknown };
  if (content === undefined || content === null) return {};
  if (event.type !== "llm") return { "llx.input": toJson(content) };
  const { prompt } = content as { readonly prompt?: unknown };
  return prompt === undefined ? {} : { [genAi.inputMessages]: toJson(inputMessages(prompt)) };
}

/**
 * The texts of an event's end; vectors are left out.
 *
 * @param streamed the concatenated chunks of a stream
 */
export function endContent(event: EventEnd, streamed: string): Attributes {
  const { content, finishReason } = event.endPayload as { content?: unknown; finishReason?: string };
  if (event.type === "llm") {
    const { completion } = (content ?? {}) as { readonly completion?: unknown };
    const output = completion ?? (streamed || undefined);
    return output === undefined
      ? {}
      : { [genAi.outputMessages]: toJson(outputMessages(output, finishReason)) };
  }
  return content === undefined || content === null || event.type === "embedding"
    ? {}
    : { "llx.output": toJson(content) };
}
