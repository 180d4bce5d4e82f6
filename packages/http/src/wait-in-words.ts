import { sensible } from "./retry-after.ts";

const sizes = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `again in`, `retry after`, `wait`, … and up to the time, which stands in the same sentence. */
const asked = /\b(?:again|retry(?:ing)?|wait|resets?|replenished)\b[^.\d]{0,40}?(?=\d)/gi;
const clock = /(\d{1,3}):([0-5]\d):([0-5]\d)\b/y;
const part =
  /(\d+(?:\.\d+)?)\s*(ms|millisec(?:ond)?s?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hrs?|hours?|d|days?)(?![a-z])[\s,]*(?:and\s+)?/iy;

/**
 * How long a service asks to wait by its words, in milliseconds: "Please try again in 7m12s", "retry after 59
 * seconds". `undefined` where they name no time.
 */
export function waitInWords(words: string): number | undefined {
  for (const { index, 0: begin } of words.matchAll(asked)) {
    const wait = readTime(words, index + begin.length);
    if (wait > 0) return sensible(wait);
  }
  return undefined;
}

function readTime(words: string, at: number): number {
  clock.lastIndex = at;
  const onClock = clock.exec(words);
  if (onClock !== null) {
    const [, hours, minutes, seconds] = onClock;
    return Number(hours) * sizes.h + Number(minutes) * sizes.m + Number(seconds) * sizes.s;
  }
  let total = 0;
  part.lastIndex = at;
  for (let found = part.exec(words); found !== null; found = part.exec(words)) {
    total += Number(found[1]) * sizeOf(found[2]!.toLowerCase());
  }
  return Math.ceil(total);
}

function sizeOf(unit: string): number {
  return /^ms|^milli/.test(unit) ? sizes.ms : sizes[unit[0] as keyof typeof sizes];
}
