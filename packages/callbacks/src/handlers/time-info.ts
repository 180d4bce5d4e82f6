/** The durations of events of one type or of all. All zeros if there were none. */
export interface EventTimeInfo {
  readonly count: number;
  /** Milliseconds, like all that follow. */
  readonly total: number;
  readonly average: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** How many ended as `"error"`. */
  readonly errors: number;
}

/** Percentiles use the nearest rank: each is a measured value. */
export function timeInfo(durations: readonly number[], errors: number): EventTimeInfo {
  const sorted = Float64Array.from(durations).sort();
  const count = sorted.length;
  const total = sorted.reduce((sum, duration) => sum + duration, 0);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * count) - 1)] ?? 0;
  return {
    count,
    total,
    average: count === 0 ? 0 : total / count,
    min: sorted[0] ?? 0,
    max: sorted[count - 1] ?? 0,
    p50: rank(0.5),
    p95: rank(0.95),
    p99: rank(0.99),
    errors,
  };
}
