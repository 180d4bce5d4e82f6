/** What a service's refusal means, by its status and its words. */
export interface Refusal {
  /** Whether the service did no work, as it has too much to do; after a wait it will. */
  readonly refused: boolean;
  /** Whether a quota or credit is used up, which waiting does not bring back. */
  readonly isOutOfQuota: boolean;
  /** How long the service asks to wait, in milliseconds. */
  readonly retryAfter: number | undefined;
  /** The window of the limit that the words name, in milliseconds: 60,000 for "requests per minute". */
  readonly limitInterval: number | undefined;
}

/**
 * Reads a refusal. Services that count a window may speak of billing too (Gemini, Voyage): so a wait, or a window that
 * is named, counts before such words.
 *
 * @param said the service's words, its codes among them
 * @param asked how long its headers ask to wait, in milliseconds
 */
export function readRefusal(status: number | undefined, said: string, asked: number | undefined): Refusal {
  // Addresses of pages about limits and billing.
  const words = said.replaceAll(/https?:\/\/\S+/g, "");
  const retryAfter = asked ?? waitIn(words);
  const limitInterval = windowIn(words);
  const comesBack = retryAfter !== undefined || limitInterval !== undefined;
  const isOutOfQuota =
    status === 429 && (/\binsufficient_quota\b/.test(words) || (!comesBack && saysQuota.test(words)));
  const refused =
    (status === 429 && !isOutOfQuota) ||
    ((status === 503 || status === 529) && (retryAfter !== undefined || saysOverload.test(words)));
  return { refused, isOutOfQuota, retryAfter, limitInterval };
}

/** Google says "quota" of windows of a minute: that word alone tells nothing. */
const saysQuota = /insufficient.quota|billing|\bcredits?\b|\bbalance\b|payment|(?:per|\/) ?month\b|monthly/i;
const saysOverload =
  /overload|capacity|too many|\bbusy\b|throttl|rate.?limit|\bis (?:currently |still )?loading/i;

const units: Readonly<Record<string, number>> = {
  milli: 1,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** As in "retry after 20 seconds" and "try again in 1m2.5s". */
function waitIn(words: string): number | undefined {
  const [, said = ""] = /\b(?:retry|again) (?:in|after) ((?:\d[\d.]* ?[a-z]+ ?)+)/i.exec(words) ?? [];
  let wait = 0;
  for (const [, count, unit] of said.matchAll(/(\d[\d.]*) ?(milli|ms|s|m(?!o)|h|d)/gi)) {
    wait += Number(count) * units[unit!.toLowerCase()]!;
  }
  return wait > 0 ? wait : undefined;
}

/** The longest of those named, as in "requests per minute", "3 RPM", "100 calls / hour" and "RequestsPerDayPerUser". */
function windowIn(words: string): number | undefined {
  const named = words.matchAll(
    /(?:(?:(?<![A-Za-z])[Pp]er|Per)[ _-]?|\/ ?)([SsMmHhDd])(?:ec(?:ond)?|in(?:ute)?|our|ay)(?![a-z])|\b[RTQ]P([SMHD])\b/g,
  );
  const windows = Array.from(named, ([, word, letter]) => units[(word ?? letter)!.toLowerCase()]!);
  return windows.length > 0 ? Math.max(...windows) : undefined;
}
