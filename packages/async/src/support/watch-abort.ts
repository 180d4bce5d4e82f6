/** What waits and can be told to give up. */
export interface Abortable {
  aborted(reason: unknown): void;
}

interface Watch {
  readonly waiting: Set<Abortable>;
  readonly onAbort: () => void;
}

/**
 * One listener on a signal serves all that wait with it: adding a listener takes a look at each that is there,
 * which a hundred thousand waiters on one signal cannot afford.
 */
const watches = new WeakMap<AbortSignal, Watch>();

/** Tells `waiting` when the signal is aborted, until {@link unwatchAbort}. The signal must not be aborted yet. */
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
    // Until the last is told: who gets what it waits for, as another gives up, is not told any more.
    for (const each of waiting) each.aborted(signal.reason);
    signal.removeEventListener("abort", onAbort);
    watches.delete(signal);
  };
  const watch = { waiting, onAbort };
  watches.set(signal, watch);
  signal.addEventListener("abort", onAbort);
  return watch;
}
