import type { AnyEventStart, EventEnd } from "@llx/callbacks";
import type { Attributes } from "@opentelemetry/api";
import { genAi } from "./conventions.ts";
import { inputMessages, outputMessages } from "./messages.ts";

/** The texts that an event starts with. */
export function startContent(event: AnyEventStart): Attributes {
  const { content } = event.payload as { readonly content?: unknown };
  if (content === undefined || content === null) return {};
  if (event.type !== "llm") return { "llx.input": toJson(content) };
  const { prompt } = content as { readonly prompt?: unknown };
  return prompt === undefined ? {} : { [genAi.inputMessages]: toJson(inputMessages(prompt)) };
}

/**
 * The texts that an event ends with; vectors are left out.
 *
 * @param streamed the pieces of a stream, put together
 */
export function endContent(event: EventEnd, streamed: string): Attributes {
  const { content, finishReason } = event.endPayload as { content?: unknown; finishReason?: string };
  if (event.type === "llm") {
    const { completion } = (content ?? {}) as { readonly completion?: unknown };
    const answer = completion ?? (streamed || undefined);
    return answer === undefined
      ? {}
      : { [genAi.outputMessages]: toJson(outputMessages(answer, finishReason)) };
  }
  return content === undefined || content === null || event.type === "embedding"
    ? {}
    : { "llx.output": toJson(content) };
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "[cannot be written as JSON]";
  }
}
