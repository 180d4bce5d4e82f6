/** How long jobs of these lengths take if each in turn runs on the first free worker. */
export function listSchedule(list: readonly number[], workers: number): number {
  const free = new Array<number>(workers).fill(0);
  for (const length of list) {
    const first = free.indexOf(Math.min(...free));
    free[first]! += length;
  }
  return Math.max(...free);
}
