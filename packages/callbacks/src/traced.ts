import type { CallbackManager } from "./callback-manager.ts";
import { type BareEventType, isEventType } from "./event-type.ts";
import { currentCallbackManager } from "./global-handlers.ts";

/** Decorates an async method. */
export type TracedDecorator = <This, A extends unknown[], R>(
  method: (this: This, ...args: A) => Promise<R>,
  context: ClassMethodDecoratorContext<This, (this: This, ...args: A) => Promise<R>>,
) => (this: This, ...args: A) => Promise<R>;

/**
 * Runs each call of a function or method as an event, when `name` is an event type, else as a trace of that
 * name. The events go to the `callbackManager` of the object it is called on, else to the current one; where
 * there is neither, the function is called as it is.
 *
 * @throws TypeError where the name is left out
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
export function traced<This, A extends unknown[], R>(
  name: BareEventType | (string & {}),
  call: (this: This, ...args: A) => R | PromiseLike<R>,
): (this: This, ...args: A) => Promise<R>;
export function traced<This, A extends unknown[], R>(
  name: string,
  call?: (this: This, ...args: A) => R | PromiseLike<R>,
): TracedDecorator | ((this: This, ...args: A) => Promise<R>) {
  if (typeof name !== "string") throw new TypeError(`traced needs a name first, as in traced("query", fn)`);
  if (call !== undefined) return wrap(name, call);
  const decorate: TracedDecorator = (method) => wrap(name, method);
  return decorate;
}

function wrap<This, A extends unknown[], R>(
  name: string,
  call: (this: This, ...args: A) => R | PromiseLike<R>,
): (this: This, ...args: A) => Promise<R> {
  async function tracedCall(this: This, ...args: A): Promise<R> {
    const manager = managerOf(this) ?? currentCallbackManager();
    const body = (): R | PromiseLike<R> => Reflect.apply(call, this, args);
    if (manager === undefined) return body();
    return isEventType(name) ? manager.event(name as BareEventType, body) : manager.asTrace(name, body);
  }
  return Object.defineProperty(tracedCall, "name", { value: call.name, configurable: true });
}

function managerOf(owner: unknown): CallbackManager | undefined {
  if (typeof owner !== "object" || owner === null || !("callbackManager" in owner)) return undefined;
  const { callbackManager: manager } = owner;
  // By its shape: it may come from another copy of this package.
  const fits = typeof manager === "object" && manager !== null && "event" in manager && "asTrace" in manager;
  return fits ? (manager as CallbackManager) : undefined;
}
