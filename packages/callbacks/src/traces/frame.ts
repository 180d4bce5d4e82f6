import type { EventTags } from "../contract/event-tags.ts";
import type { TraceInfo } from "../contract/trace-info.ts";

/**
 * The position of an async context in its trace. The frames of open events point to the one above, so a frame is an
 * immutable trace stack: nothing is ever popped, and events may end in any order.
 *
 * Two copies of this package in one process read each other's frames.
 */
export interface Frame {
  /** The `CallbackManager` of the trace; `undefined` for a trace that was continued from elsewhere. */
  readonly manager: object | undefined;
  readonly trace: TraceFrame;
  /** The innermost open event that takes children; `undefined` at the top of a trace. */
  readonly record: EventFrame | undefined;
  /** The tags of what starts here. */
  readonly tags: EventTags;
}

/** A position outside any trace that has tags. */
export interface TagFrame {
  readonly manager: undefined;
  readonly trace: undefined;
  readonly record: undefined;
  readonly tags: EventTags;
}

/** The tags where none are set. */
export const noTags: EventTags = Object.freeze({});

/** The position in a trace; `undefined` outside any. */
export function insideTrace(frame: Frame | TagFrame | undefined): Frame | undefined {
  return frame?.trace === undefined ? undefined : frame;
}

/** The frame of an open event. */
export interface EventFrame extends Frame {
  readonly id: string;
  readonly parent: EventFrame | undefined;
}

/** The frame at the top of a trace. */
export interface TraceFrame extends Frame, TraceInfo {
  /** `performance.now()` of the start. */
  readonly started: number;
  readonly sampled: boolean;
  /** The ids of each event's children, when a handler asks for them. */
  map: Map<string, string[]> | undefined;
  /** The event of another manager that is the parent of this trace. */
  readonly outerRecord: EventFrame | undefined;
  /** The id of the event in another thread or process that is the parent of the whole trace. */
  readonly remoteEventId: string | undefined;
  /** This manager's part of the trace. */
  partOf(manager: object): TraceFrame | undefined;
  /** The event where this error was recorded first. */
  originOf(error: object): EventFrame | undefined;
  rememberError(error: object, origin: EventFrame): void;
}
