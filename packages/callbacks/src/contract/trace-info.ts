import type { EventTags } from "./event-tags.ts";

/** A tree of events under one root, as handlers see it. */
export interface TraceInfo {
  /** 32 hexadecimal digits. A trace continued in another thread or process keeps its id. */
  readonly id: string;
  /** The name given to `asTrace`, or the type of the root event. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startTime: number;
  /** The tags of the scope in which the trace started; empty without any. */
  readonly tags: EventTags;
}

/** The ids of each event's children, in the order they started. Top-level events are under `"root"`. */
export type TraceMap = ReadonlyMap<string, readonly string[]>;
