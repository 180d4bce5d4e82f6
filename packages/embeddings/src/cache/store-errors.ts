import { AsyncLocalStorage } from "node:async_hooks";

/** What a Keyv has of an event emitter, as far as it is needed here. */
interface Emitter {
  on(event: "error", listener: (error: unknown) => void): unknown;
  off(event: "error", listener: (error: unknown) => void): unknown;
  listenerCount(event: "error"): number;
}

interface Heard {
  error?: unknown;
}

const operations = new AsyncLocalStorage<Heard>();
/** How many operations each emitter is listened to for: however many there are, it has one more listener. */
const listening = new WeakMap<Emitter, number>();

/**
 * Runs an operation of a store, and tells the first error that the store emits for it. A Keyv whose errors somebody
 * listens to does not fail any more: what it cannot read looks as if it were not there.
 */
export async function captureErrors<T>(
  store: object,
  operation: () => Promise<T>,
): Promise<{ readonly value: T; readonly error: unknown }> {
  // Where nobody listens, it fails by itself; a listener of ours would keep the errors of others from them.
  if (!isEmitter(store) || store.listenerCount("error") === 0) {
    return { value: await operation(), error: undefined };
  }
  const heard: Heard = {};
  begin(store);
  try {
    const value = await operations.run(heard, operation);
    return { value, error: heard.error };
  } finally {
    end(store);
  }
}

/** Emitted within an operation, it is an error of that. */
function onError(error: unknown): void {
  const heard = operations.getStore();
  if (heard !== undefined) heard.error ??= error;
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
