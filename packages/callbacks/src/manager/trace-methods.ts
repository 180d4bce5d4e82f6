import { checkNames, type NamesOf } from "@llx/support";
import { isTraced, wrap, type AnyFunction } from "./traced-call.ts";
import { kindOf } from "./traced-generator.ts";

type AsyncMethod = (...args: never[]) => PromiseLike<unknown> | AsyncGenerator;

/** The names of the methods of an object that return a promise or an async generator. */
type AsyncMethodName<T> = { [K in keyof T]: T[K] extends AsyncMethod ? K : never }[keyof T] & string;

/** Which methods are traced, and what is recorded of their calls. */
export interface TraceMethodsOptions<T extends object = object> {
  /**
   * Default: those declared `async` whose names do not begin with `_`. Name them where a build step for old engines has
   * replaced `async` functions by others.
   */
  readonly methods?: readonly AsyncMethodName<T>[] | undefined;
  /** `true`: records the arguments, as content. Default: nothing of them. */
  readonly input?: true | undefined;
  /** `true`: records the results, as content. Default: nothing of them. */
  readonly output?: true | undefined;
}

const optionNames: NamesOf<TraceMethodsOptions> = { methods: true, input: true, output: true };

/**
 * Traces the public async methods of an object, each call as a `function_call` named `Class.method`. In the constructor of
 * a base class it also traces what subclasses override. What is traced already stays as it is, and so do methods that are
 * not async.
 *
 * @returns the object
 * @throws TypeError for an object that cannot be changed, for a name that is not a method, and for an unknown option
 *
 * @example
 * ```ts
 * class Index {
 *   constructor() {
 *     traceMethods(this);
 *   }
 *   async retrieve(question: string) { return [await answer(question)]; }
 * }
 * ```
 */
export function traceMethods<T extends object>(object: T, options: TraceMethodsOptions<T> = {}): T {
  checkNames(options, optionNames);
  const { methods, input, output } = options;
  if (!Object.isExtensible(object)) {
    throw new TypeError("traceMethods cannot change an object that is frozen, sealed or not extensible");
  }
  const recording = input || output ? { input, output } : undefined;
  for (const name of methods ?? asyncMethodsOf(object)) {
    const method: unknown = Reflect.get(object, name);
    if (typeof method !== "function") {
      throw new TypeError(`traceMethods: ${name} is not a method of the object, but ${typeof method}`);
    }
    if (isTraced(method as AnyFunction)) continue;
    const value = wrap(method as AnyFunction, { recording, method: name });
    Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: false });
  }
  return object;
}

/** The names of the async methods of an object and of its classes. */
function asyncMethodsOf(object: object): Set<string> {
  const names = new Set<string>();
  const seen = new Set<string>();
  for (
    let owner = object;
    owner !== null && owner !== Object.prototype;
    owner = Object.getPrototypeOf(owner) as object
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(owner))) {
      // What a subclass overrides is not what is called.
      if (seen.has(name)) continue;
      seen.add(name);
      if (typeof value === "function" && !name.startsWith("_") && isAsync(value as object)) names.add(name);
    }
  }
  return names;
}

function isAsync(method: object): boolean {
  return kindOf(method) === "stream" || Object.prototype.toString.call(method) === "[object AsyncFunction]";
}
