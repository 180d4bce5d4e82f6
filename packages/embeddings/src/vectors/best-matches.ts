/** A found embedding, and its similarity to the query. */
export interface Match {
  /** Index of the embedding among those searched. */
  readonly index: number;
  /** Its similarity to the query. */
  readonly score: number;
}

/** Best first; of equal ones, the lower index first. */
function byScore(a: Match, b: Match): number {
  return b.score - a.score || a.index - b.index;
}

/** Collects the best `k` of many matches, added in the order of their indices, without keeping the others. */
export class BestMatches {
  readonly #k: number;
  /** How far below the last of the best a match may be and still be kept. */
  readonly #margin: number;
  #kept: Match[] = [];
  #compactsAt: number;
  /** What is not better than this is not kept. Nothing compares with NaN: at first, everything is kept. */
  #least = Number.NaN;

  constructor(k: number, margin = 0) {
    this.#k = k;
    this.#margin = margin;
    this.#compactsAt = 2 * k;
  }

  add(index: number, score: number): void {
    if (score < this.#least || (score === this.#least && this.#margin === 0)) return;
    this.#kept.push({ index, score });
    if (this.#kept.length >= this.#compactsAt) this.#compact();
  }

  /** The best `k`, and those within the margin below the last of them; best first. */
  get kept(): readonly Match[] {
    this.#compact();
    return this.#kept;
  }

  #compact(): void {
    const kept = this.#kept.sort(byScore);
    const last = kept[this.#k - 1];
    if (last === undefined) return;
    this.#least = last.score - this.#margin;
    let count = this.#k;
    if (this.#margin > 0) while (count < kept.length && kept[count]!.score >= this.#least) count++;
    kept.length = count;
    this.#compactsAt = 2 * count;
  }
}
