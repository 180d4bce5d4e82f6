import { isObject, refusePromise } from "@llx/support";
import type { EventContext } from "../contract/event-context.ts";
import type { BareEventType } from "../contract/event-type.ts";
import { isEventType } from "../events/define-event-type.ts";
import type { CallbackManager } from "./callback-manager.ts";
import { currentCallbackManager } from "./global-handlers.ts";
import {
  isGenerator,
  kindOf,
  scopeOf,
  type TracedCall,
  tracedGenerator,
  tracedStream,
} from "./traced-generator.ts";

export type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** What is recorded of the arguments and of the result. */
export interface Recording {
  readonly input?: true | ((...args: unknown[]) => object) | undefined;
  readonly output?: true | ((result: unknown) => object) | undefined;
}

/** How a function is traced. */
export interface Tracing {
  /** An event type, or the name of a trace. Default: `"function_call"`. */
  readonly name?: string | undefined;
  readonly recording?: Recording | undefined;
  readonly sync?: boolean | undefined;
  /** The name of the method, of one that was traced as such. */
  readonly method?: string | symbol | undefined;
}

/** What was traced, by the function that traces it. */
const originals = new WeakMap<
  AnyFunction,
  { readonly call: AnyFunction } & Required<Pick<Tracing, "name" | "sync">>
>();

export const isTraced = (call: AnyFunction): boolean => originals.has(call);

/** @throws TypeError for a function without any name, and for a recording of a trace */
export function wrap(given: AnyFunction, tracing: Tracing): AnyFunction {
  const { name = "function_call", recording, sync = false, method } = tracing;
  if (tracing.name === undefined && method === undefined && given.name === "") {
    throw new TypeError(
      `traced needs a name for a function that has none: traced("function_call", fn), or traced(async function load() { … })`,
    );
  }
  const known = originals.get(given);
  const isAgain = known?.name === name;
  if (isAgain && recording === undefined && known.sync === sync) return given;
  const call = isAgain ? known.call : given;
  const { input, output } = recording ?? {};
  if (recording !== undefined && !isEventType(name)) {
    throw new TypeError(
      `traced("${name}", …) takes no input and output: it makes a trace, which has no payload; use an event type, such as ` +
        `"function_call", or make it one with defineEventType`,
    );
  }
  const hasName = name === "function_call" || name === "agent_step";
  const needsPayload = hasName || input !== undefined;
  const runIn = sync && kindOf(call) === "function" ? tracedSyncCall : runners[kindOf(call)];
  function tracedCall(this: unknown, ...args: unknown[]): unknown {
    const manager = managerOf(this) ?? currentCallbackManager();
    const body = (): unknown => Reflect.apply(call, this, args);
    if (manager === undefined && sync) return body();
    const payload = (): object => {
      const label = hasName ? labelOf(this, call, method) : "";
      const facts = label === "" ? {} : { name: label };
      if (input === undefined) return facts;
      return { ...facts, ...(input === true ? { content: { arguments: args } } : input(...args)) };
    };
    return runIn(manager, {
      name,
      body,
      payload: needsPayload ? payload : undefined,
      output: output === true ? (result) => ({ content: { result } }) : output,
    });
  }
  originals.set(tracedCall, { call, name, sync });
  return Object.defineProperty(tracedCall, "name", { value: call.name, configurable: true });
}

const runners = { function: tracedFunction, generator: tracedGenerator, stream: tracedStream };

async function tracedFunction(
  manager: CallbackManager | undefined,
  { name, body: call, payload, output }: TracedCall,
): Promise<unknown> {
  if (manager === undefined) return call();
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
  if (!isEventType(name)) return manager.asTrace(name, body);
  if (output === undefined) return manager.event(name as BareEventType, payload, body);
  return manager.event(name as BareEventType, payload, async (event) => {
    const result = await body();
    record(event, output, result);
    return result;
  });
}

/** Runs a function in an event or a trace, and returns what it returns. Handlers are not awaited. */
function tracedSyncCall(
  manager: CallbackManager | undefined,
  { name, body, payload, output }: TracedCall,
): unknown {
  if (manager === undefined) return body();
  const scope = scopeOf(manager, name, payload);
  let result: unknown;
  try {
    result = scope.run(body);
    const problem = "the function returns a promise, and its event would end before it; use traced";
    refusePromise("tracedSync:", result, problem);
    if (output !== undefined) record(scope as EventContext, output, result);
  } catch (error) {
    scope.fail(error);
    throw error;
  }
  scope.onEnd();
  return result;
}

/** The payload is made only for a handler, and its errors are reported by the event. */
function record(
  event: Pick<EventContext, "set">,
  output: (result: unknown) => object,
  result: unknown,
): void {
  event.set(() => output(result));
}

/** `Class.method`, or the name of the function. */
function labelOf(owner: unknown, call: AnyFunction, method: string | symbol | undefined): string {
  if (method === undefined) return call.name;
  const type: unknown = typeof owner === "function" ? owner : isObject(owner) ? owner.constructor : undefined;
  return `${typeof type === "function" ? `${type.name}.` : ""}${String(method)}`;
}

function managerOf(owner: unknown): CallbackManager | undefined {
  if (!isObject(owner) || !("callbackManager" in owner)) return undefined;
  const { callbackManager: manager } = owner;
  // Recognised by its methods: it may come from another copy of this package.
  const fits = isObject(manager) && "event" in manager && "asTrace" in manager;
  return fits ? (manager as CallbackManager) : undefined;
}
