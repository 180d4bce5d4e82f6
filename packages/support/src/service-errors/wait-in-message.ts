import { plausibleWait } from "./retry-after.ts";

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `again in`, `retry after`, `wait`, … up to a time in the same sentence. */
const lead = /\b(?:again|retry(?:ing)?|wait|resets?|replenished)\b[^.\d]{0,40}?(?=\d)/gi;
const clock = /(\d{1,3}):([0-5]\d):([0-5]\d)\b/y;
const part =
  /(\d+(?:\.\d+)?)\s*(ms|millisec(?:ond)?s?|s|sec(?:ond)?s?|m|min(?:ute)?s?|h|hrs?|hours?|d|days?)(?![a-z])[\s,]*(?:and\s+)?/iy;

/**
 * How long a service's message asks to wait, in milliseconds: "Please try again in 7m12s", "retry after 59 seconds".
 * `undefined` if it states no time.
 */
export function waitInMessage(message: string): number | undefined {
  for (const { index, 0: begin } of message.matchAll(lead)) {
    const wait = readTime(message, index + begin.length);
    if (wait > 0) return plausibleWait(wait);
  }
  return undefined;
}

/** A duration such as `1h2m`, `1m30s`, `0.5s`, `6ms`, in milliseconds; `undefined` for any other text. */
export function readDuration(text: string): number | undefined {
  const [duration, end] = readParts(text, 0);
  return end > 0 && end === text.length ? plausibleWait(duration) : undefined;
}

function readTime(message: string, start: number): number {
  clock.lastIndex = start;
  const onClock = clock.exec(message);
  if (onClock === null) return Math.ceil(readParts(message, start)[0]);
  const [, hours, minutes, seconds] = onClock;
  return Number(hours) * units.h + Number(minutes) * units.m + Number(seconds) * units.s;
}

/** The sum of the parts from an index on, and the index after the last one. */
function readParts(text: string, start: number): [total: number, end: number] {
  let total = 0;
  let end = start;
  part.lastIndex = start;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    total += Number(found[1]) * unitOf(found[2]!.toLowerCase());
    end = part.lastIndex;
  }
  return [total, end];
}

function unitOf(name: string): number {
  return /^ms|^milli/.test(name) ? units.ms : units[name[0] as keyof typeof units];
}
