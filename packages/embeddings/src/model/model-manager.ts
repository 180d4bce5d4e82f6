import { CallbackManager, currentCallbackManager } from "@llx/callbacks";

/** For calls without a manager. */
const silent = new CallbackManager();
/** The own managers of models. */
const own = new WeakMap<object, CallbackManager>();

export function setManager(model: object, manager: CallbackManager | undefined): void {
  if (manager !== undefined) own.set(model, manager);
}

/** The manager that receives the events of a call: the call's own, the model's own, or that of the current trace. */
export function managerOf(
  model: object,
  { callbackManager }: { readonly callbackManager?: CallbackManager | undefined },
): CallbackManager {
  return callbackManager ?? own.get(model) ?? currentCallbackManager() ?? silent;
}
