import type { CallbackManager } from "./callback-manager.ts";
import { EventStream, type StreamScope } from "./event-stream.ts";
import { type BareEventType, isEventType } from "./event-type.ts";
import { sharedState } from "./shared-state.ts";
import type { Frame } from "./trace.ts";
import type { TraceHandle } from "./trace-handle.ts";

/** Whether calling a function gives its result, a generator, or an async one. A build step for old engines hides that. */
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

/** Runs an async generator in an event or a trace, under what is open where it is called. */
export function tracedStream(
  manager: CallbackManager | undefined,
  name: string,
  call: () => unknown,
): AsyncGenerator<unknown, unknown, unknown> {
  const open = call as () => AsyncGenerator<unknown, unknown, unknown>;
  if (manager === undefined) return open();
  if (isEventType(name)) {
    const stream = manager.stream(name as BareEventType, undefined, open);
    return stream as AsyncIterator<unknown> as AsyncGenerator<unknown, unknown, unknown>;
  }
  const frame = sharedState.frames.getStore();
  return new EventStream(open, () => new TraceScope(inFrame(frame, () => manager.startTrace(name))));
}

/** Runs a generator in an event or a trace. Handlers are not waited for, as nothing in it can wait. */
export function tracedGenerator(
  manager: CallbackManager | undefined,
  name: string,
  call: () => unknown,
): Generator<unknown, unknown, unknown> {
  const open = call as () => Generator<unknown, unknown, unknown>;
  if (manager === undefined) return open();
  const frame = sharedState.frames.getStore();
  return itemsOf(open, () =>
    inFrame(frame, () =>
      isEventType(name)
        ? manager.startEvent(name as BareEventType)
        : new TraceScope(manager.startTrace(name)),
    ),
  );
}

type SyncScope = Pick<StreamScope, "run" | "onEnd" | "fail"> & { chunk?(piece: unknown): void };

function* itemsOf<T, R, N>(open: () => Generator<T, R, N>, start: () => SyncScope): Generator<T, R, N> {
  const scope = start();
  let left: (() => void) | undefined;
  try {
    const items = scope.run(open);
    left = () => void scope.run(() => items.return(undefined as R));
    let result = scope.run(() => items.next());
    while (!result.done) {
      tell(scope, result.value, left);
      let sent: N;
      try {
        sent = yield result.value;
      } catch (error) {
        // The consumer has thrown it in.
        result = scope.run(() => items.throw(error));
        continue;
      }
      result = scope.run(() => items.next(sent));
    }
    left = undefined;
    scope.onEnd();
    return result.value;
  } catch (error) {
    left = undefined;
    scope.fail(error);
    throw error;
  } finally {
    if (left !== undefined) leave(left, scope);
  }
}

/** Tells handlers of a piece. Where one of them stops the work, the generator is closed. */
function tell(scope: SyncScope, piece: unknown, close: () => void): void {
  try {
    scope.chunk?.(piece);
  } catch (error) {
    close();
    throw error;
  }
}

/** The consumer has left before the last item: the generator is closed in its event, which ends well. */
function leave(close: () => void, scope: SyncScope): void {
  try {
    close();
  } catch (error) {
    scope.fail(error);
    throw error;
  }
  scope.onEnd();
}

/** A trace as what a stream runs in. */
class TraceScope implements StreamScope {
  readonly #trace: TraceHandle;

  constructor(trace: TraceHandle) {
    this.#trace = trace;
  }

  ready(): Promise<void> | undefined {
    return this.#trace.ready();
  }

  run<R>(body: () => R): R {
    return this.#trace.run(body);
  }

  async pass<C>(piece: C): Promise<C> {
    return piece;
  }

  onEnd(): void {
    this.#trace.end();
  }

  fail(error: unknown): void {
    this.#trace.recordError(error);
    this.#trace.end();
  }
}

/** Runs a function at a place of the traces; `undefined` is outside all. */
function inFrame<R>(frame: Frame | undefined, body: () => R): R {
  // Outside all, there is none: which the declared type does not know.
  return sharedState.frames.run(frame as Frame, body);
}
