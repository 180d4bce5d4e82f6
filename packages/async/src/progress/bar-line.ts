import type { ProgressMeter } from "./progress-meter.ts";
import { clip, columnsOf, pad, shorten } from "./text-columns.ts";

const gap = "  ";
/** In columns, as are the numbers below. The bar grows to `usual`, then the label to its length, then the bar to `most`. */
const bar = { least: 4, small: 10, usual: 20, most: 30 };
const label = { least: 4, enough: 12 };
const widestPercent = "100 %".length;
/** Reserved even while they are unknown, so that the length of the bar does not change. */
const roomFor = { time: "59m 59s left".length, rate: "10,000/s".length };

/**
 * `embedding  ███████░░░░░░░   50 %  500/1,000  100/s  5s left`: the state of a meter in at most `width` columns. Its columns
 * are as wide as those of the other meters that are shown, so that the bars are aligned. Where there is no room for all
 * parts, the count comes first, then the start of the label, a short bar, the percentage, a longer bar, more of the label, the
 * time and the rate; words replace the bar of a call that waits or was stopped.
 */
export function barLine(meter: ProgressMeter, others: readonly ProgressMeter[], width: number): string {
  const { share, percent, count, rate, time, wait, shortWait, isStopped } = meter.facts();
  const meters = [meter, ...others];
  const countWidth = Math.max(...meters.map((other) => other.countWidth));
  const all =
    percent === "" ? count : `${percent.padStart(widestPercent)}${gap}${count.padStart(countWidth)}`;
  const hasRoom = (parts: string, barAndLabel: number): boolean =>
    columnsOf(parts) + barAndLabel + 2 * gap.length <= width;
  const withWords = (words: string): string => all + gap + words;
  if (wait !== "") {
    const lines = [withWords(wait), withWords(shortWait), count + gap + shortWait, shortWait];
    return wordsLine(meter.desc, lines, width);
  }
  if (isStopped && !hasRoom(withWords(time), bar.small + label.enough)) {
    return wordsLine(meter.desc, [withWords("stopped"), `${count}${gap}stopped`, count], width);
  }

  const figures = hasRoom(all, bar.least + label.least) ? all : count;
  let left = width - columnsOf(figures);
  const take = (wanted: number, least = wanted): number => {
    const room = left - gap.length;
    if (room < least) return 0;
    left -= Math.min(wanted, room) + gap.length;
    return Math.min(wanted, room);
  };
  const grow = (size: number, most: number): number => {
    const more = size === 0 ? 0 : Math.max(0, Math.min(left, most - size));
    left -= more;
    return size + more;
  };
  const widestLabel = Math.max(...meters.map(({ desc }) => columnsOf(desc)));
  let labelSize = take(Math.min(widestLabel, label.least));
  let barSize = share === undefined ? 0 : take(bar.small, bar.least);
  labelSize = grow(labelSize, Math.min(widestLabel, label.enough));
  const timeSize = take(Math.max(roomFor.time, columnsOf(time)));
  const rateSize = take(Math.max(roomFor.rate, columnsOf(rate)));
  barSize = grow(barSize, bar.usual);
  labelSize = grow(labelSize, widestLabel);
  const [own = "", ...otherLabels] = meters.map(({ desc }) =>
    labelSize > 0 ? shorten(desc, labelSize) : "",
  );
  const labelColumns = Math.max(columnsOf(own), ...otherLabels.map(columnsOf));
  left += labelSize - labelColumns;
  barSize = grow(barSize, bar.most);

  const full = Math.floor((share ?? 0) * barSize);
  const parts = [
    pad(own, labelColumns),
    "█".repeat(full) + "░".repeat(barSize - full),
    figures,
    rateSize > 0 ? rate : "",
    timeSize > 0 ? time : "",
  ];
  return clip(parts.filter((part) => part !== "").join(gap), width);
}

/**
 * Words replace the bar. They matter most: if the line is too long, the label goes, then the words are fewer, then the
 * percentage goes.
 *
 * @param lines without the label, the longest first
 */
function wordsLine(desc: string, lines: readonly string[], width: number): string {
  for (const line of lines) {
    const room = width - columnsOf(line) - gap.length;
    if (room >= label.least) return `${shorten(desc, room)}${gap}${line}`;
    if (room >= -gap.length) return line;
  }
  return clip(lines.at(-1)!, width);
}
