const sizes: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "per minute", "PerMinute", "per 10 seconds", "60 / min", "10/s", "RPM", "TPD", "daily". */
const forms = [
  /per[\s_-]?(\d{1,9})?[\s_-]?(second|minute|hour|day|(?:sec|min|hr)(?![a-z]))/gi,
  /\/\s?(\d{1,9})?\s?(second|sec|minute|min|hour|hr|day)s?\b/gi,
  /\d\s?()\/\s?(s|m|h|d)\b/gi,
  /\b[IO]?[RTQ]()P(S|M|H|D)\b/gi,
  /\b()(hour|dai)ly\b/gi,
];

/** The windows of limits that words or the names of quotas tell of, in milliseconds. */
export function limitIntervals(words: string): number[] {
  return forms.flatMap((form) =>
    Array.from(
      words.matchAll(form),
      ([, count, unit]) => Number(count || 1) * sizes[unit![0]!.toLowerCase()]!,
    ),
  );
}
