/** A file of a run is not what it should be. */
export class RunFileError extends Error {
  override readonly name = "RunFileError";
}

export function damaged(path: string): RunFileError {
  return new RunFileError(
    `${path} is damaged, or no file of a run: it does not end as such files do. Restore it from a backup, or start ` +
      "the run again in another directory",
  );
}
