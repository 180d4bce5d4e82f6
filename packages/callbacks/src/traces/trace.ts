import type { EventTags } from "../contract/event-tags.ts";
import { type EventFrame, type Frame, insideTrace, noTags, type TraceFrame } from "./frame.ts";
import { newTraceId } from "./identifiers.ts";
import { sharedState } from "./shared-state.ts";

export interface TraceOptions {
  /** `performance.now()` of the start. */
  readonly started: number;
  /** Events of an unsampled trace reach no handler. Default `true`. */
  readonly sampled?: boolean;
  /** The position inside another manager's trace where this one starts. */
  readonly outer?: Frame | undefined;
  readonly tags?: EventTags | undefined;
  /** The origin of a trace that is continued from another thread or process. */
  readonly remote?: { readonly id: string; readonly eventId: string };
}

/** One manager's part of a trace. */
export class Trace implements TraceFrame {
  readonly name: string;
  readonly manager: object | undefined;
  readonly sampled: boolean;
  readonly started: number;
  readonly tags: EventTags;
  map: Map<string, string[]> | undefined = undefined;
  readonly #outer: Frame | undefined;
  readonly #remoteEventId: string | undefined;
  #id: string | undefined;
  #errors: WeakMap<object, EventFrame> | undefined;

  constructor(name: string, manager: object | undefined, options: TraceOptions) {
    this.name = name;
    this.manager = manager;
    this.sampled = options.sampled ?? true;
    this.started = options.started;
    this.tags = options.tags ?? noTags;
    this.#outer = options.outer;
    this.#id = options.remote?.id;
    this.#remoteEventId = options.remote?.eventId;
  }

  get id(): string {
    return (this.#id ??= this.#outer?.trace.id ?? newTraceId());
  }

  get startTime(): number {
    return performance.timeOrigin + this.started;
  }

  get trace(): TraceFrame {
    return this;
  }

  get record(): undefined {
    return undefined;
  }

  get outerRecord(): EventFrame | undefined {
    return this.#outer?.record ?? this.#outer?.trace.outerRecord;
  }

  get remoteEventId(): string | undefined {
    return this.#remoteEventId ?? this.#outer?.trace.remoteEventId;
  }

  partOf(manager: object): TraceFrame | undefined {
    if (this.manager === manager) return this;
    return this.#outer?.trace.partOf(manager);
  }

  originOf(error: object): EventFrame | undefined {
    return this.#errors?.get(error) ?? this.#outer?.trace.originOf(error);
  }

  rememberError(error: object, origin: EventFrame): void {
    if (this.#outer) this.#outer.trace.rememberError(error, origin);
    else (this.#errors ??= new WeakMap()).set(error, origin);
  }
}

/** The trace that the caller is inside. */
export interface CurrentTrace {
  readonly id: string;
  readonly name: string;
  /** Ids of the open events above the caller, outermost first: the trace stack. */
  readonly stack: readonly string[];
  /** The tags of the caller's scope; empty without any. */
  readonly tags: EventTags;
}

/** The trace of this async context; `undefined` outside any trace, and when no handler listens. */
export function currentTrace(): CurrentTrace | undefined {
  const frame = insideTrace(sharedState.frames.getStore());
  if (frame === undefined || !frame.trace.sampled) return undefined;
  const stack: string[] = [];
  for (let record = frame.record; record; record = record.parent) stack.push(record.id);
  return { id: frame.trace.id, name: frame.trace.name, stack: stack.toReversed(), tags: frame.tags };
}
