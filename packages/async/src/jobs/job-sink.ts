/** Where the outcomes of jobs go. */
export interface JobSink<T, I> {
  /** @param index from 0, even if the first job of the run has a higher index */
  succeeded(index: number, value: T): void;
  /** Returns whether the failure stops the run. */
  failed(index: number, error: unknown, input: I): boolean;
  /** Whether one more job may start. If not, the run's `resume` is called once there is room again. */
  hasRoom(): boolean;
}
