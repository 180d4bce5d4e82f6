/** `1,234,567` */
export function countInWords(count: number): string {
  return String(count).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1,200/s`, `4.5/s`; slower rates per minute or hour: `3.0/min`, `12/h`. */
export function rateInWords(perSecond: number): string {
  if (perSecond >= 1) return `${short(perSecond)}/s`;
  if (perSecond >= 1 / 60) return `${short(60 * perSecond)}/min`;
  return `${short(3600 * perSecond)}/h`;
}

function short(value: number): string {
  return value < 9.95 ? value.toFixed(1) : countInWords(Math.round(value));
}

/** `35ms`, `8.2s`, `45s`, `1m 20s`, `2h 05m`, `3d 04h`. */
export function durationInWords(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}ms`;
  const tenths = Math.round(milliseconds / 100) / 10;
  if (tenths < 10) return `${tenths}s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return twoUnits(seconds, 60, "m", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return twoUnits(minutes, 60, "h", "m");
  return twoUnits(Math.round(minutes / 60), 24, "d", "h");
}

/** Says what a call waits for, and for how many milliseconds: at length, and in few columns. */
export type WaitWords = (milliseconds: number) => readonly [long: string, short: string];

/** `paused by the service, next try in 12 s`, `paused, 12 s`. */
export function pausedInWords(milliseconds: number): [long: string, short: string] {
  const time = wholeSeconds(milliseconds);
  return [`paused by the service, next try in ${time}`, `paused, ${time}`];
}

/** `stopping, waits up to 5 s for what still runs`, `stopping, 5 s`. */
export function stoppingInWords(milliseconds: number): [long: string, short: string] {
  if (milliseconds === Number.POSITIVE_INFINITY) return ["stopping, waits for what still runs", "stopping"];
  const time = wholeSeconds(milliseconds);
  return [`stopping, waits up to ${time} for what still runs`, `stopping, ${time}`];
}

/** Rounded, as a random part of a second is added to what a service asks for. */
function wholeSeconds(milliseconds: number): string {
  return `${Math.max(1, Math.round(milliseconds / 1000))} s`;
}

function twoUnits(value: number, base: number, large: string, small: string): string {
  return `${Math.floor(value / base)}${large} ${String(value % base).padStart(2, "0")}${small}`;
}
