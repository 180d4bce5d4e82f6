import { checkNames, isObject, type NamesOf } from "@llx/support";
import type {
  BareEventType,
  EndPayload,
  EventType,
  PayloadInput,
  StartPayload,
} from "../contract/event-type.ts";
import { type AnyFunction, type Recording, wrap } from "./traced-call.ts";

/** What makes the payload of an event from a call; of a `function_call`, `true` for everything, as content. */
type Recorded<T extends EventType, F> = F | (T extends "function_call" ? true : never);

/**
 * What the event of a call records. By default nothing of its arguments and its result. What these functions put under
 * `content` reaches only handlers with `capture: "full"`; they are not called while no handler listens, and an error in them
 * is reported, not thrown.
 */
export interface TracedOptions<
  T extends EventType,
  I = (...args: never[]) => PayloadInput<StartPayload<T>>,
  O = (result: never) => PayloadInput<EndPayload<T>>,
> {
  /** Makes the payload of the start from the arguments. Of a `function_call`, `true`: the arguments, as content. */
  readonly input?: Recorded<T, I> | undefined;
  /** Makes the payload of the end from the result. Of a `function_call`, `true`: the result, as content. */
  readonly output?: Recorded<T, O> | undefined;
}

/** Decorates an async method or a generator method. */
export interface TracedDecorator {
  <This, A extends unknown[], G extends AsyncGenerator | Generator>(
    method: (this: This, ...args: A) => G,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => G>,
  ): (this: This, ...args: A) => G;
  <This, A extends unknown[], R>(
    method: (this: This, ...args: A) => Promise<R>,
    context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => Promise<R>>,
  ): (this: This, ...args: A) => Promise<R>;
}

/** Decorates an async method whose arguments and result fit what is recorded of them. */
export type RecordingDecorator<P extends unknown[], Q> = <This, A extends [...P, ...unknown[]], R extends Q>(
  method: (this: This, ...args: A) => Promise<R>,
  context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => Promise<R>>,
) => (this: This, ...args: A) => Promise<R>;

type Input<T extends EventType, A extends unknown[]> = (...args: A) => PayloadInput<StartPayload<T>>;
type Output<T extends EventType, R> = (result: R) => PayloadInput<EndPayload<T>>;

/**
 * Runs each call of a function or method as an event, if `name` is an event type, else as a trace with that name. The
 * events go to the `callbackManager` of `this`, else to the current one; without either, the function is only called.
 *
 * Without a name, the event is a `function_call` with the name of the function, or of the class and the method
 * (`Index.retrieve`). Traced twice under one name, a function has one event.
 *
 * The event of a generator (`function*` or `async function*`) starts when the first item is requested, and ends when the
 * generator ends, fails, or is closed; each item is produced inside it.
 *
 * @throws TypeError for a function without any name, for options of a name that is no event type, and for an unknown option
 *
 * @example
 * ```ts
 * const ask = traced("query", async (question: string) => answer(question), {
 *   input: (question) => ({ content: () => ({ query: question }) }),
 * });
 *
 * class Index {
 *   @traced("retrieve") // a standard decorator: needs a build step
 *   async retrieve(question: string) { return [await answer(question)]; }
 * }
 * ```
 */
export function traced(): TracedDecorator;
export function traced<P extends unknown[] = [], Q = unknown>(
  options: TracedOptions<"function_call", Input<"function_call", P>, Output<"function_call", Q>>,
): RecordingDecorator<P, Q>;
export function traced(name: BareEventType | (string & {})): TracedDecorator;
export function traced<T extends EventType, P extends unknown[] = [], Q = unknown>(
  name: T,
  options: TracedOptions<T, Input<T, P>, Output<T, Q>>,
): RecordingDecorator<P, Q>;
export function traced<This, A extends unknown[], G extends AsyncGenerator | Generator>(
  call: (this: This, ...args: A) => G,
  options?: Pick<TracedOptions<"function_call", Input<"function_call", A>>, "input">,
): (this: This, ...args: A) => G;
export function traced<This, A extends unknown[], R>(
  call: (this: This, ...args: A) => R | PromiseLike<R>,
  options?: TracedOptions<"function_call", Input<"function_call", A>, Output<"function_call", R>>,
): (this: This, ...args: A) => Promise<R>;
export function traced<This, A extends unknown[], G extends AsyncGenerator | Generator>(
  name: BareEventType | (string & {}),
  call: (this: This, ...args: A) => G,
): (this: This, ...args: A) => G;
export function traced<This, A extends unknown[], R>(
  name: BareEventType | (string & {}),
  call: (this: This, ...args: A) => R | PromiseLike<R>,
): (this: This, ...args: A) => Promise<R>;
export function traced<T extends EventType, This, A extends unknown[], G extends AsyncGenerator | Generator>(
  name: T,
  call: (this: This, ...args: A) => G,
  options: Pick<TracedOptions<T, Input<T, A>>, "input">,
): (this: This, ...args: A) => G;
export function traced<T extends EventType, This, A extends unknown[], R>(
  name: T,
  call: (this: This, ...args: A) => R | PromiseLike<R>,
  options: TracedOptions<T, Input<T, A>, Output<T, R>>,
): (this: This, ...args: A) => Promise<R>;
export function traced(...given: unknown[]): unknown {
  return tracer(given, false);
}

/** A function that returns no promise. It may return nothing at all: one that always throws. */
type SyncFunction<This, A extends unknown[], R> = [R] extends [never]
  ? (this: This, ...args: A) => R
  : R extends PromiseLike<unknown>
    ? never
    : (this: This, ...args: A) => R;

/** Decorates a method that is not async. */
export type TracedSyncDecorator = <This, A extends unknown[], R>(
  method: SyncFunction<This, A, R>,
  context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => R>,
) => (this: This, ...args: A) => R;

/**
 * {@link traced} for a function that is not async: it stays so. Handlers are called, but cannot be waited for: not even one
 * with `awaited`. One with `raiseErrors` stops the work if it throws at once.
 *
 * @throws TypeError as `traced`; and from the call, if the function returns a promise
 */
export function tracedSync(): TracedSyncDecorator;
export function tracedSync(name: BareEventType | (string & {})): TracedSyncDecorator;
export function tracedSync<This, A extends unknown[], R>(
  call: SyncFunction<This, A, R>,
  options?: TracedOptions<"function_call", Input<"function_call", A>, Output<"function_call", R>>,
): (this: This, ...args: A) => R;
export function tracedSync<This, A extends unknown[], R>(
  name: BareEventType | (string & {}),
  call: SyncFunction<This, A, R>,
): (this: This, ...args: A) => R;
export function tracedSync<T extends EventType, This, A extends unknown[], R>(
  name: T,
  call: SyncFunction<This, A, R>,
  options: TracedOptions<T, Input<T, A>, Output<T, R>>,
): (this: This, ...args: A) => R;
export function tracedSync(...given: unknown[]): unknown {
  return tracer(given, true);
}

const names: NamesOf<Recording> = { input: true, output: true };

/** Reads `(name?, function?, options?)`: without a function, the result is a decorator. */
function tracer(given: unknown[], sync: boolean): unknown {
  const name = typeof given[0] === "string" ? (given.shift() as string) : undefined;
  const call = typeof given[0] === "function" ? (given.shift() as AnyFunction) : undefined;
  const recording = given[0] as Recording | undefined;
  if (recording !== undefined && !isObject(recording)) {
    throw new TypeError(
      `traced takes a name, a function and options, as in traced("query", fn), not ${typeof recording}`,
    );
  }
  if (recording !== undefined) checkNames(recording, names);
  if (call !== undefined) return wrap(call, { name, recording, sync });
  return (method: AnyFunction, context: { readonly name: string | symbol }) =>
    wrap(method, { name, recording, sync, method: context.name });
}
