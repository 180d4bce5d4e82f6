/** Receives the progress of a call. */
export interface Progress {
  /**
   * The call starts.
   *
   * @param total the number of steps; `undefined` if it is unknown
   * @param desc a description of the call
   */
  start(total: number | undefined, desc?: string): void;
  /**
   * Reports that many more steps as done. Called after every job, so keep it cheap.
   *
   * @param failed how many of them have failed
   * @param cached how many of them took no work, such as texts from a cache: they count, but say nothing of the rate
   */
  advance(steps: number, failed: number, cached: number): void;
  /**
   * The service refuses requests: the next attempt is in that many milliseconds. Called again whenever that time
   * changes, and with `undefined` when the service accepts requests again.
   */
  pause?(milliseconds: number | undefined): void;
  /**
   * The call has failed or was aborted: no more steps start, and it awaits what still runs, if anything does, for at most
   * that many milliseconds. `stop` follows, at once if nothing runs.
   */
  stopping?(milliseconds: number): void;
  /** The call has ended. It has failed or was aborted if `stopping` was called before, or if steps are missing. */
  stop(): void;
}
