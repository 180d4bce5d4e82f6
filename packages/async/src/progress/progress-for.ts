import { describe } from "@llx/support";
import type { Progress } from "./progress.ts";

/**
 * The progress that the option `showProgress` asks for. The library that draws is loaded when it is first needed.
 *
 * @throws TypeError for an invalid option
 */
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
