/** A trace that its holder ends. */
export interface TraceHandle extends Disposable {
  readonly name: string;

  /** 32 hexadecimal digits; `undefined` when no handler listens. */
  readonly id: string | undefined;

  /** Runs a function inside the trace. */
  run<R>(body: () => R): R;

  /** Records an error that no event of the trace has recorded, as an event of the type `exception`. */
  recordError(error: unknown): void;

  /** Ends the trace; a second call does nothing. A trace that joined an outer one does not end that one. */
  end(): void;

  /** Ends the trace, for `using`. */
  [Symbol.dispose](): void;
}
