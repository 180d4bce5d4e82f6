import { Buffer } from "node:buffer";

/** Decodes URL or form encoding. */
export function decodePercent(text: string): string {
  return oneLine(
    text
      .replaceAll("+", " ")
      // Encoded twice.
      .replaceAll(/%(?:25)+(?=[\da-f]{2})/gi, "%")
      .replaceAll(/(?:%[\da-f]{2})+/gi, (codes) =>
        Buffer.from(codes.replaceAll("%", ""), "hex").toString("utf8"),
      ),
  );
}

/** One line, without the escapes of JSON and HTML. */
export function unquote(text: string): string {
  if (!/[\\&]/.test(text)) return oneLine(text);
  // Each run of backslashes is looked at from its start alone: from each of them would take quadratic time.
  const unquoted = text
    .replaceAll(/(?<!\\)\\+(?:u([\da-f]{4})|x([\da-f]{2}))/gi, (_, ...[unicode, byte]: string[]) =>
      String.fromCharCode(Number.parseInt(unicode ?? byte!, 16)),
    )
    .replaceAll(/(?<!\\)\\+[nrt]/g, " ")
    .replaceAll(/(?<!\\)\\+(["'/\\])/g, "$1")
    .replaceAll(/&(?:amp;)*(?:(quot|apos|lt|gt|amp|nbsp)|#(\d{1,6})|#x([\da-f]{1,5}));/gi, decodeEntity);
  return oneLine(unquoted);
}

function decodeEntity(_: string, ...[name, decimal, hex]: (string | undefined)[]): string {
  if (name !== undefined) return entities[name.toLowerCase()]!;
  return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal));
}

const entities: Readonly<Record<string, string>> = {
  quot: '"',
  apos: "'",
  lt: "<",
  gt: ">",
  amp: "&",
  nbsp: " ",
};

export function oneLine(text: string): string {
  // Single spaces are kept: replacing each would take most of the time.
  return text.replaceAll(/[\s\p{Cc}]{2,}|[^\S ]|\p{Cc}/gu, " ");
}
