// Not from the whole package, parts of which need Node.js.
import { formatDuration } from "@llx/support/format-duration";

/** A duration as a person reads it: `850 µs`, `12.3 ms`, `4.56 s`, `3 min 05 s`, `2 h 04 min`; `–` for none. */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return "–";
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 3_600) return formatDuration(milliseconds);
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** `1,234,567`. */
export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `12.3 a second`, `45 a minute`. */
export function rate(perSecond: number | undefined): string {
  if (perSecond === undefined) return "–";
  if (perSecond >= 1 || perSecond === 0) return `${significant(perSecond)}/s`;
  return `${significant(perSecond * 60)}/min`;
}

/** `12.3 %`. */
export function share(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : "–";
}

/** An amount of money, with as many digits as small sums need. */
export function money(value: number | undefined): string {
  if (value === undefined) return "–";
  if (value === 0) return "0";
  if (value < 0.000_001) return "< 0.000001";
  return value.toFixed(value >= 1 ? 2 : value >= 0.01 ? 4 : 6);
}

function significant(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A line of code without the folders: `at.ts:3:7` of `file:///home/me/at.ts:3:7`. */
export function shortPlace(where: string): string {
  return where.replaceAll(/(?:file:\/\/)?(?:[A-Za-z]:)?[\\/][^\s()]*[\\/](?=[^\s()\\/]+)/g, "");
}
