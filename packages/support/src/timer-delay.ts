/** The longest delay of a timer: 24.8 days. A longer one fires at once. */
const longest = 2_147_483_647;

/** A delay in milliseconds within what a timer supports: a negative one is 0. If it must be exact, check the clock when it fires. */
export function timerDelay(milliseconds: number): number {
  return Math.max(0, Math.min(milliseconds, longest));
}
