const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "per minute", "PerMinute", "per 10 seconds", "60 / min", "10/s", "RPM", "TPD", "daily". */
const forms = [
  /(?:(?<![A-Za-z])[Pp]er|Per|PER)[\s_-]?(\d{1,9})?[\s_-]?([Ss]econd|[Mm]inute(?!s_)|[Hh]our|[Dd]ay|(?:[Ss]ec|[Mm]in|[Hh]r)(?![a-z])|SECOND|MINUTE|HOUR|DAY)/g,
  /\/\s?(\d{1,9})?\s?(second|sec|minute|min|hour|hr|day)s?\b/gi,
  /\d\s?()\/\s?(s|m|h|d)\b/gi,
  /\b[IO]?[RTQ]()P(S|M|H|D)\b/gi,
  /\b()(hour|dai)ly\b/gi,
];

/** The intervals of rate limits that a message or the names of quotas mention, in milliseconds. */
export function limitIntervals(message: string): number[] {
  return forms.flatMap((form) =>
    Array.from(
      message.matchAll(form),
      ([, count, unit]) => Number(count || 1) * units[unit![0]!.toLowerCase()]!,
    ),
  );
}
