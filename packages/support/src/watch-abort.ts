/** Something that waits, and is notified when its signal is aborted. */
export interface Abortable {
  aborted(reason: unknown): void;
}

interface Watch {
  readonly waiting: Set<Abortable>;
  readonly onAbort: () => void;
}

/**
 * One listener for each signal serves all that wait on it: adding a listener compares it with every other listener of
 * the signal, which is too slow for a hundred thousand waiters.
 */
const watches = new WeakMap<AbortSignal, Watch>();

/** Notifies `waiting` when the signal is aborted, until {@link unwatchAbort}. The signal must not be aborted yet. */
export function watchAbort(signal: AbortSignal, waiting: Abortable): void {
  const watch = watches.get(signal) ?? startWatch(signal);
  watch.waiting.add(waiting);
}

export function unwatchAbort(signal: AbortSignal, waiting: Abortable): void {
  const watch = watches.get(signal);
  if (watch === undefined) return;
  watch.waiting.delete(waiting);
  if (watch.waiting.size > 0) return;
  signal.removeEventListener("abort", watch.onAbort);
  watches.delete(signal);
}

function startWatch(signal: AbortSignal): Watch {
  const waiting = new Set<Abortable>();
  const onAbort = (): void => {
    // The set may shrink meanwhile: a waiter that is served because another gives up is not notified.
    for (const each of waiting) each.aborted(signal.reason);
    signal.removeEventListener("abort", onAbort);
    watches.delete(signal);
  };
  const watch = { waiting, onAbort };
  watches.set(signal, watch);
  signal.addEventListener("abort", onAbort);
  return watch;
}
