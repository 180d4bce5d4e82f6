import type { AnyEventEnd, AnyEventStart, EventStart } from "@llx/callbacks";
import type { Attributes } from "@opentelemetry/api";
import type { TokenCounts } from "./token-counts.ts";

/** What a request to a model has come to, over all its attempts. */
export interface CallResult {
  readonly tokens: TokenCounts;
  /** Milliseconds from the start to the first chunk of its stream, if it has one. */
  readonly firstChunkAfter: number | undefined;
  /** The concatenated chunks of its stream, if content is captured. */
  readonly streamed: string;
}

/** The conventions that spans follow: their names, and their attributes. */
export interface SpanForm {
  nameOf(event: EventStart): string;
  /** The attributes known when an event starts. Samplers see them. */
  startAttributes(event: AnyEventStart): Attributes;
  /** The attributes known when an event has ended, except the error. */
  endAttributes(event: AnyEventEnd, result: CallResult): Attributes;
  /** The attributes of spans that are not of an event: a trace with a name, an attempt. */
  readonly plain: Attributes;
}

/** A text as an attribute: JSON, if possible. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "";
  } catch {
    return "[cannot be written as JSON]";
  }
}
