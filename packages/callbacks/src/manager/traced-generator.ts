import type { CallbackManager } from "./callback-manager.ts";
import { EventStream, type StreamScope } from "../events/event-stream.ts";
import type { BareEventType } from "../contract/event-type.ts";
import { isEventType } from "../events/define-event-type.ts";
import type { ManagedTrace } from "../events/managed-trace.ts";
import { sharedState } from "../traces/shared-state.ts";
import type { Frame, TagFrame } from "../traces/frame.ts";

/** One call of a traced function. */
export interface TracedCall {
  readonly name: string;
  readonly body: () => unknown;
  /** Makes the payload, when a handler listens. */
  readonly payload: (() => object) | undefined;
  readonly output: ((result: unknown) => object) | undefined;
}

/** Whether calling a function returns its result, a generator, or an async one. A build for old engines hides that. */
export function kindOf(call: object): "function" | "generator" | "stream" {
  switch (Object.prototype.toString.call(call)) {
    case "[object AsyncGeneratorFunction]":
      return "stream";
    case "[object GeneratorFunction]":
      return "generator";
    default:
      return "function";
  }
}

export function isGenerator(value: unknown): boolean {
  return /^\[object (?:Async)?Generator\]$/.test(Object.prototype.toString.call(value));
}

/** Runs an async generator in an event or a trace, below the event that is open at the call. */
export function tracedStream(
  manager: CallbackManager | undefined,
  { name, body, payload }: TracedCall,
): AsyncGenerator<unknown, unknown, unknown> {
  const open = body as () => AsyncGenerator<unknown, unknown, unknown>;
  if (manager === undefined) return open();
  if (isEventType(name)) {
    const stream = manager.stream(name as BareEventType, payload, open);
    return stream as AsyncIterator<unknown> as AsyncGenerator<unknown, unknown, unknown>;
  }
  const frame = sharedState.frames.getStore();
  return new EventStream(open, () => inFrame(frame, () => new TraceScope(manager, name)));
}

/** Runs a generator in an event or a trace. Handlers are not awaited, as a generator cannot wait. */
export function tracedGenerator(
  manager: CallbackManager | undefined,
  { name, body, payload }: TracedCall,
): Generator<unknown, unknown, unknown> {
  const open = body as () => Generator<unknown, unknown, unknown>;
  if (manager === undefined) return open();
  const frame = sharedState.frames.getStore();
  return itemsOf(open, () => inFrame(frame, () => scopeOf(manager, name, payload)));
}

/** An event of this type, or a trace with this name. */
export function scopeOf(
  manager: CallbackManager,
  name: string,
  payload: (() => object) | undefined,
): SyncScope {
  return isEventType(name)
    ? manager.startEvent(name as BareEventType, payload)
    : new TraceScope(manager, name);
}

type SyncScope = Pick<StreamScope, "run" | "onEnd" | "fail"> & { chunk?(chunk: unknown): void };

function* itemsOf<T, R, N>(open: () => Generator<T, R, N>, start: () => SyncScope): Generator<T, R, N> {
  const scope = start();
  /** Closes the generator, until it has ended by itself. */
  let close: (() => void) | undefined;
  try {
    const items = scope.run(open);
    close = () => void scope.run(() => items.return(undefined as R));
    let result = scope.run(() => items.next());
    while (!result.done) {
      passChunk(scope, result.value, close);
      let sent: N;
      try {
        sent = yield result.value;
      } catch (error) {
        // The consumer has called throw().
        result = scope.run(() => items.throw(error));
        continue;
      }
      result = scope.run(() => items.next(sent));
    }
    close = undefined;
    scope.onEnd();
    return result.value;
  } catch (error) {
    close = undefined;
    scope.fail(error);
    throw error;
  } finally {
    if (close !== undefined) closeEarly(close, scope);
  }
}

/** Passes a chunk to the handlers. When one of them stops the work, the generator is closed. */
function passChunk(scope: SyncScope, chunk: unknown, close: () => void): void {
  try {
    scope.chunk?.(chunk);
  } catch (error) {
    close();
    throw error;
  }
}

/** The consumer has stopped before the last item: the generator is closed in its event, which ends as `"ok"`. */
function closeEarly(close: () => void, scope: SyncScope): void {
  try {
    close();
  } catch (error) {
    scope.fail(error);
    throw error;
  }
  scope.onEnd();
}

/** A trace that a stream runs inside. */
class TraceScope implements StreamScope {
  readonly #trace: ManagedTrace;

  constructor(manager: CallbackManager, name: string) {
    this.#trace = manager.startTrace(name) as ManagedTrace;
  }

  ready(): Promise<void> | undefined {
    return this.#trace.ready();
  }

  run<R>(body: () => R): R {
    return this.#trace.run(body);
  }

  async passChunk<C>(chunk: C): Promise<C> {
    return chunk;
  }

  onEnd(): void {
    this.#trace.end();
  }

  fail(error: unknown): void {
    this.#trace.recordError(error);
    this.#trace.end();
  }
}

/** Runs a function in a frame; `undefined` is outside any trace. */
function inFrame<R>(frame: Frame | TagFrame | undefined, body: () => R): R {
  // The declared type does not allow `undefined`, which is the store outside any trace.
  return sharedState.frames.run(frame as Frame, body);
}
