/** A record that is read while it may still grow. */
export interface ReadableLog {
  readonly path: string;
  /** Bytes so far. */
  readonly size: number;
  /** Whether it is from a run that is over, as far as it goes. */
  readonly isComplete?: boolean;
  /** Resolves when there is more than this many bytes, or no more can come, or the signal is aborted. */
  more(than: number, signal: AbortSignal): Promise<void>;
}

/** Where a server takes its record from. */
export interface RecordSource {
  /** The record that pages read now. It may be another one later: then they begin again. */
  current(): ReadableLog;
  /** How many pages are open now. */
  watched?(pages: number): void;
}
