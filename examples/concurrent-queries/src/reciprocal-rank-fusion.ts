export interface Fused {
  readonly id: number;
  readonly score: number;
}

/**
 * Merges several rankings whose scores cannot be compared: each adds 1 / (k + rank) to what it
 * found. With k = 60, as in Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and
 * individual Rank Learning Methods", SIGIR 2009.
 *
 * @param rankings ids, best first
 */
export function reciprocalRankFusion(rankings: readonly (readonly number[])[], k = 60): Fused[] {
  const scores = new Map<number, number>();
  for (const ranking of rankings) {
    for (const [index, id] of ranking.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (k + index + 1));
  }
  return Array.from(scores, ([id, score]) => ({ id, score })).sort(
    (a, b) => b.score - a.score || a.id - b.id,
  );
}
