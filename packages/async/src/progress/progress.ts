import { describe } from "@llx/support";

/** Is told how far a call has come. */
export interface Progress {
  /**
   * @param total how many steps there will be; `undefined` where nobody knows
   * @param desc words that name the call
   */
  start(total: number | undefined, desc?: string): void;
  /** So many more steps are done. Called after every job, so it should be cheap. */
  advance(steps: number): void;
  /**
   * The service refuses: the next try is in so many milliseconds. `undefined`: it takes requests again. May come several
   * times, as the next try may be refused too.
   */
  pause?(milliseconds: number | undefined): void;
  /** The call is over; it has failed or was aborted where steps are missing. */
  stop(): void;
}

/** The progress that an option asks for; the library that draws is loaded when it is first needed. */
export async function progressFor(option: boolean | Progress | undefined): Promise<Progress | undefined> {
  if (option === undefined || option === false) return undefined;
  if (option === true) {
    const { terminalProgress } = await import("./terminal-progress.ts");
    return terminalProgress();
  }
  for (const method of ["start", "advance", "stop"] as const) {
    if (typeof option !== "object" || typeof option?.[method] !== "function") {
      throw new TypeError(
        `showProgress must be true, false or an object with start, advance and stop, not ${describe(option)}`,
      );
    }
  }
  return option;
}
