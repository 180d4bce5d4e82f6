import type { CallbackManager } from "./callback-manager.ts";
import { isObject } from "@llx/support";
import type { BareEventType } from "../contract/event-type.ts";
import { isEventType } from "../events/define-event-type.ts";
import { currentCallbackManager } from "./global-handlers.ts";
import { isGenerator, kindOf, tracedGenerator, tracedStream } from "./traced-generator.ts";

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

/**
 * Runs each call of a function or method as an event, if `name` is an event type, else as a trace with that name. The
 * events go to the `callbackManager` of `this`, else to the current one; without either, the function is only called.
 *
 * The event of a generator (`function*` or `async function*`) starts when the first item is requested, and ends when the
 * generator ends, fails, or is closed; each item is produced inside it.
 *
 * @throws TypeError without a name
 *
 * @example
 * ```ts
 * const ask = traced("query", async (question: string) => answer(question));
 *
 * class Index {
 *   @traced("retrieve") // a standard decorator: needs a build step
 *   async retrieve(question: string) { return [await answer(question)]; }
 * }
 * ```
 */
export function traced(name: BareEventType | (string & {})): TracedDecorator;
export function traced<This, A extends unknown[], G extends AsyncGenerator | Generator>(
  name: BareEventType | (string & {}),
  call: (this: This, ...args: A) => G,
): (this: This, ...args: A) => G;
export function traced<This, A extends unknown[], R>(
  name: BareEventType | (string & {}),
  call: (this: This, ...args: A) => R | PromiseLike<R>,
): (this: This, ...args: A) => Promise<R>;
export function traced(name: string, call?: AnyFunction): unknown {
  if (typeof name !== "string")
    throw new TypeError(`traced needs a name as its first argument, as in traced("query", fn)`);
  return call === undefined ? (method: AnyFunction) => wrap(name, method) : wrap(name, call);
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

function wrap(name: string, call: AnyFunction): AnyFunction {
  const runIn = runners[kindOf(call)];
  function tracedCall(this: unknown, ...args: unknown[]): unknown {
    const manager = managerOf(this) ?? currentCallbackManager();
    const body = (): unknown => Reflect.apply(call, this, args);
    return runIn(manager, name, body);
  }
  return Object.defineProperty(tracedCall, "name", { value: call.name, configurable: true });
}

const runners = { function: tracedFunction, generator: tracedGenerator, stream: tracedStream };

async function tracedFunction(
  manager: CallbackManager | undefined,
  name: string,
  call: () => unknown,
): Promise<unknown> {
  const body = (): unknown => {
    const result = call();
    if (isGenerator(result)) {
      throw new TypeError(
        `traced("${name}", fn): fn returns a generator and is not a function* itself, so its items would be produced outside ` +
          `the event; pass the function* itself`,
      );
    }
    return result;
  };
  if (manager === undefined) return call();
  return isEventType(name) ? manager.event(name as BareEventType, body) : manager.asTrace(name, body);
}

function managerOf(owner: unknown): CallbackManager | undefined {
  if (!isObject(owner) || !("callbackManager" in owner)) return undefined;
  const { callbackManager: manager } = owner;
  // Recognised by its methods: it may come from another copy of this package.
  const fits = isObject(manager) && "event" in manager && "asTrace" in manager;
  return fits ? (manager as CallbackManager) : undefined;
}
