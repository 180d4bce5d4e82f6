/** How long jobs of these lengths take, each in turn on the worker that is free first. */
export function listSchedule(list: readonly number[], workers: number): number {
  const free = new Array<number>(workers).fill(0);
  for (const length of list) {
    const first = free.indexOf(Math.min(...free));
    free[first]! += length;
  }
  return Math.max(...free);
}
