/** What must not be shown. */
export interface Hidden {
  /** Keys, passwords: replaced by `[redacted]`, also where only their beginning stands. */
  readonly secrets: readonly string[];
  /** The user's texts: replaced by `[…]`, also where only a part of one stands. */
  readonly texts: readonly string[];
}

/** The most that is shown of a service's words, in characters. */
const longest = 300;
/** The most that is looked at of them. */
const looked = 20_000;
/** A part of a text that has as many characters is the user's; fewer may be anybody's words. */
const leastText = 16;
/** The beginning of a secret that is hidden also without the rest. */
const leastSecret = 12;

/**
 * The words of a service on one line, cut to 300 characters, without the secrets and texts that it may echo.
 * A text is found also where it was quoted as JSON or HTML, or cut.
 */
export function conceal(words: string, hidden: Hidden): string {
  const shown = plain(words.slice(0, looked)).trim();
  const secrets = variants(hidden.secrets).map(
    (secret) => [secret, Math.min(secret.length, leastSecret)] as const,
  );
  const texts = variants(hidden.texts).join("\0");
  let result = "";
  let at = 0;
  // One more than is shown, to see that something was cut.
  while (at < shown.length && result.length <= longest) {
    const secretEnd = Math.max(
      at,
      ...secrets.map(([secret, least]) => endOfBeginning(shown, at, secret, least)),
    );
    const textEnd = endOfPart(shown, at, texts);
    const end = Math.max(secretEnd, textEnd);
    if (end === at) {
      result += shown[at++];
    } else {
      const mark = secretEnd > at ? "[redacted]" : "[…]";
      if (!result.endsWith(mark)) result += mark;
      at = end;
    }
  }
  return (result.length > longest ? `${result.slice(0, longest - 1)}…` : result).toWellFormed();
}

/** Whether there is something of the secrets in words that are no quotation, such as an id. */
export function holdsSecret(words: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => words.includes(secret.slice(0, leastSecret)));
}

/** Where the beginning of `secret` ends that stands at a place: the place itself where none does. */
function endOfBeginning(words: string, at: number, secret: string, least: number): number {
  if (!words.startsWith(secret.slice(0, least), at)) return at;
  let length = least;
  while (length < secret.length && words[at + length] === secret[length]) length++;
  return at + length;
}

/** Where the longest part of the texts ends that stands at a place: the place itself where none does. */
function endOfPart(words: string, at: number, texts: string): number {
  let end = at + leastText;
  if (end > words.length) return at;
  let found = texts.indexOf(words.slice(at, end));
  if (found === -1) return at;
  while (found !== -1) {
    while (end < words.length && words[end] === texts[found + end - at]) end++;
    if (end === words.length) break;
    found = texts.indexOf(words.slice(at, end + 1), found + 1);
  }
  return end;
}

/** Each on one line, as it is and as `plain` makes it of a quotation. */
function variants(values: readonly string[]): string[] {
  return values.flatMap((value) => {
    const [line, quoted] = [oneLine(value), plain(value)];
    return line === quoted ? [line] : [line, quoted];
  });
}

/** One line, without the signs by which JSON and HTML quote. */
function plain(text: string): string {
  if (!/[\\&]/.test(text)) return oneLine(text);
  const unquoted = text
    .replaceAll(/\\+u([\da-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll(/\\+[nrt]/g, " ")
    .replaceAll(/\\+(["'/\\])/g, "$1")
    .replaceAll(
      /&(?:amp;)*(quot|apos|lt|gt|amp|#39|#34|#x27|#x22);/gi,
      (_, name: string) => entities[name.toLowerCase()]!,
    );
  return oneLine(unquoted);
}

const entities: Readonly<Record<string, string>> = {
  quot: '"',
  "#34": '"',
  "#x22": '"',
  apos: "'",
  "#39": "'",
  "#x27": "'",
  lt: "<",
  gt: ">",
  amp: "&",
};

function oneLine(text: string): string {
  // Spaces that stand alone stay as they are: replacing each would take most of the time.
  return text.replaceAll(/[\s\p{Cc}]{2,}|[^\S ]|\p{Cc}/gu, " ");
}
