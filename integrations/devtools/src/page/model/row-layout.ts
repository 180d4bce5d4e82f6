import type { PageEvent } from "./page-event.ts";

/** More rows than a person scrolls through: what runs beside them shares the last one. */
const mostRows = 2_000;

/** Places events on rows: each below its parent, on the first row that is free at its start. */
export class RowLayout {
  /** The events of each row, in the order in which they started. */
  readonly rows: PageEvent[][] = [];
  /** When each row is free; `Infinity` under an open event. */
  readonly #freeAt: number[] = [];

  place(event: PageEvent): void {
    let row = event.parent === undefined ? 0 : Math.min(event.parent.row + 1, mostRows - 1);
    while (row < mostRows - 1 && (this.#freeAt[row] ?? 0) > event.start) row++;
    while (this.rows.length <= row) {
      this.rows.push([]);
      this.#freeAt.push(0);
    }
    event.row = row;
    this.rows[row]!.push(event);
    this.#freeAt[row] = Number.isNaN(event.end) ? Number.POSITIVE_INFINITY : event.end;
  }

  /** An open event has ended. */
  end(event: PageEvent): void {
    if (this.rows[event.row]?.at(-1) === event) this.#freeAt[event.row] = event.end;
  }

  /** Forgets events that the page keeps no longer. */
  forget(isGone: (event: PageEvent) => boolean): void {
    for (const [index, row] of this.rows.entries()) this.rows[index] = row.filter((event) => !isGone(event));
  }
}
