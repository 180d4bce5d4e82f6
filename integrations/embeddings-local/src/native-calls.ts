/** At most, in milliseconds: a call takes less than a second, and reading a large model a few. */
const mostWait = 30_000;

/** Words of the shared memory. */
const busy = 0;
const ending = 1;

/**
 * The calls of one thread into native code. `onnxruntime-node` aborts the whole process if its thread ends during a call, as by
 * `terminate()` or `process.exit()`: so a thread says when it is in one, and begins none while it is to end.
 */
export class NativeCalls {
  /** To be passed to the thread. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
  }

  /** Calls `call`, in the thread; never settles if the thread is to end. */
  async during<T>(call: () => Promise<T>): Promise<T> {
    const words = this.#words;
    Atomics.store(words, busy, 1);
    try {
      if (Atomics.load(words, ending) === 0) return await call();
    } finally {
      Atomics.store(words, busy, 0);
      Atomics.notify(words, busy);
    }
    return new Promise(() => {});
  }

  /** Resolves when the thread can be ended, from another one. */
  async ended(): Promise<void> {
    Atomics.store(this.#words, ending, 1);
    await Atomics.waitAsync(this.#words, busy, 1, mostWait).value;
  }

  /** Blocks until the thread can be ended, from another one. */
  endSync(): void {
    Atomics.store(this.#words, ending, 1);
    Atomics.wait(this.#words, busy, 1, mostWait);
  }
}
