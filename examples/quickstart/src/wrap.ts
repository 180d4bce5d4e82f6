/** Breaks a text into at most `most` lines of `width` characters, between words; `…` marks that there is more. */
export function wrap(text: string, width: number, most: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width && lines.length < most - 1) {
    const space = rest.lastIndexOf(" ", width);
    const end = space > 0 ? space : width;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  if (rest.length > width) {
    const space = rest.lastIndexOf(" ", width - 1);
    rest = `${rest.slice(0, space > 0 ? space : width - 1)}…`;
  }
  return [...lines, rest];
}
