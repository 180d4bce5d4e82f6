import { AsyncLocalStorage } from "node:async_hooks";

/** The methods of a Keyv as an event emitter that are used here. */
interface Emitter {
  on(event: "error", listener: (error: unknown) => void): unknown;
  off(event: "error", listener: (error: unknown) => void): unknown;
  listenerCount(event: "error"): number;
}

interface Captured {
  error?: unknown;
}

const operations = new AsyncLocalStorage<Captured>();
/** How many operations of each emitter are open: it gets one listener for all of them. */
const listening = new WeakMap<Emitter, number>();

/**
 * Runs an operation of a store, and returns the first error that the store emits during it. A Keyv whose errors have a
 * listener does not reject: what it cannot read looks absent.
 */
export async function captureErrors<T>(
  store: object,
  operation: () => Promise<T>,
): Promise<{ readonly value: T; readonly error: unknown }> {
  // Without a listener it rejects by itself; a listener added here would suppress that for other users of the store.
  if (!isEmitter(store) || store.listenerCount("error") === 0) {
    return { value: await operation(), error: undefined };
  }
  const captured: Captured = {};
  begin(store);
  try {
    const value = await operations.run(captured, operation);
    return { value, error: captured.error };
  } finally {
    end(store);
  }
}

/** An error emitted during an operation belongs to that operation. */
function onError(error: unknown): void {
  const captured = operations.getStore();
  if (captured !== undefined) captured.error ??= error;
}

function begin(store: Emitter): void {
  const count = listening.get(store) ?? 0;
  if (count === 0) store.on("error", onError);
  listening.set(store, count + 1);
}

function end(store: Emitter): void {
  const count = listening.get(store)! - 1;
  if (count === 0) store.off("error", onError);
  listening.set(store, count);
}

function isEmitter(store: object): store is Emitter {
  const { on, off, listenerCount } = store as Partial<Emitter>;
  return typeof on === "function" && typeof off === "function" && typeof listenerCount === "function";
}
