/** The longest that a timer runs: 24 days. One that is set for longer fires at once. */
const longest = 2_147_483_647;

/** So many milliseconds as a timer bears them. What must be exact looks at the clock when it fires. */
export function timerDelay(milliseconds: number): number {
  return Math.min(milliseconds, longest);
}
