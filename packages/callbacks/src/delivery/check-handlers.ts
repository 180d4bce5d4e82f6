import { checkBoolean, checkFunction, describe, describeKind, isObject } from "@llx/support";
import { type CallbackHandler, handlerName } from "../contract/callback-handler.ts";
import { checkFilters } from "../contract/check-filters.ts";
import { hooks } from "./handler-delivery.ts";

/** All methods of a handler. */
const methods = [...hooks, "around", "flush", "aclose"] as const;

/** @throws TypeError for a value that is not a handler, for one that would never be called, and for a duplicate */
export function checkHandlers(handlers: readonly CallbackHandler[]): void {
  if (!Array.isArray(handlers)) {
    throw new TypeError(`handlers must be a list of handlers, not ${describeKind(handlers)}`);
  }
  for (const [index, handler] of handlers.entries()) {
    checkHandler(handler, `handlers[${index}]`);
    if (handlers.indexOf(handler) !== index) {
      throw new TypeError(`${handlerName(handler)} is in handlers twice (index ${index})`);
    }
  }
}

function checkHandler(handler: unknown, name: string): asserts handler is CallbackHandler {
  if (typeof handler === "function" && hasMethods(handler.prototype)) {
    throw new TypeError(`${name} is the class ${handler.name}; make a handler: new ${handler.name}()`);
  }
  if (typeof handler !== "object" || handler === null) {
    throw new TypeError(
      `${name} must be an object with some of the methods ${methods.join(", ")}, not ${describeKind(handler)}`,
    );
  }
  // Its methods have the names of a handler's.
  if ("asTrace" in handler) {
    throw new TypeError(`${name} is a CallbackManager; pass its handlers: manager.handlers`);
  }
  if (!hasMethods(handler)) {
    const hint =
      "byTag" in handler
        ? "is no handler; pass a ledger to a TokenCountingHandler: onCount: (count) => ledger.add(count)"
        : `has none of the methods of a handler: ${methods.join(", ")}`;
    throw new TypeError(`${name} ${hint}`);
  }
  for (const method of methods) {
    const given = handler[method];
    if (given !== undefined) checkFunction(`${name}.${method}`, given);
  }
  const { awaited, traceMap, raiseErrors } = handler;
  checkBoolean(`${name}.awaited`, awaited);
  checkBoolean(`${name}.traceMap`, traceMap);
  if (raiseErrors !== "starts" && raiseErrors !== undefined && typeof raiseErrors !== "boolean") {
    throw new TypeError(`${name}.raiseErrors must be true, false or "starts", not ${describe(raiseErrors)}`);
  }
  checkFilters(handler, `${name}.`);
}

function hasMethods(value: unknown): value is CallbackHandler {
  return isObject(value) && methods.some((method) => (value as CallbackHandler)[method] !== undefined);
}
