import type { ProgressMeter } from "./progress-meter.ts";
import { clip, columnsOf, pad } from "./text-columns.ts";

const gap = "  ";
/** In columns, as are the numbers below. */
const longestBar = 30;
const leastBar = 4;
const widestPercent = "100 %".length;
/** Reserved even while rate and time are unknown, so that the length of the bar does not change. */
const roomForRateAndTime = 30;

/**
 * `embedding  ███████░░░░░░░   50 %   500/1000  100/s  5s left`: the state of a meter in at most `width` columns. Its columns
 * are as wide as those of the other meters that are shown, so that the bars are aligned.
 */
export function barLine(meter: ProgressMeter, others: readonly ProgressMeter[], width: number): string {
  const { share, percent, count, rate, time, pause } = meter.facts();
  const meters = [meter, ...others];
  const widestDesc = Math.max(...meters.map(({ desc }) => columnsOf(desc)));
  const descWidth = Math.min(widestDesc, Math.floor(width / 3));
  const parts = [pad(clip(meter.desc, descWidth), descWidth)];
  if (share === undefined) {
    parts.push(count);
  } else {
    const countWidth = Math.max(...meters.map((other) => other.countWidth));
    const taken = descWidth + widestPercent + countWidth + roomForRateAndTime + 4 * gap.length;
    const size = Math.min(longestBar, width - taken);
    const full = Math.floor(share * size);
    // While the call is paused, the pause replaces the bar.
    if (size >= leastBar && pause === "") parts.push("█".repeat(full) + "░".repeat(size - full));
    parts.push(percent.padStart(widestPercent), count.padStart(countWidth));
  }
  if (pause !== "") return pausedLine(parts, pause, width);
  for (const part of [rate, time]) {
    const fits = columnsOf([...parts, part].join(gap)) <= width;
    if (part !== "" && fits) parts.push(part);
  }
  return clip(parts.join(gap), width);
}

/** The pause matters most: if the line is too long, the text before it is cut. */
function pausedLine([desc = "", ...rest]: readonly string[], pause: string, width: number): string {
  const line = [...rest, pause].join(gap);
  const room = width - columnsOf(line) - gap.length;
  if (room >= leastBar)
    return clip([pad(clip(desc.trimEnd(), room), Math.min(room, columnsOf(desc))), line].join(gap), width);
  return clip(columnsOf(line) <= width ? line : pause, width);
}
