/** What becomes of the pages that typedoc writes, as Markdown. */

/** Removes where each member is defined; where the page's own symbol is, becomes a link at its end. */
export function moveSources(page: string): string {
  const [, address] = /^Defined in: \[[^\]]*\]\(([^)]+)\)$/m.exec(page) ?? [];
  const text = page.replaceAll(/^Defined in: \[[^\]]*\]\([^)]+\)\n\n?/gm, "");
  return address === undefined ? text : `${text.trimEnd()}\n\n[Source](${address})\n`;
}

/** Removes lists of type parameters that no word explains: they are in the signature. */
export function dropBareTypeParameters(page: string): string {
  return page.replaceAll(/^#+ Type Parameters\n\n\| Type Parameter \|\n\| -+ \|\n(?:\|.*\|\n)+\n?/gm, "");
}

/** Names overloads by their order, and says what they have in common once. */
export function mergeOverloads(page: string): string {
  const parts = page.split(/^(?=## Call Signature$)/m);
  if (parts.length < 3) return page;
  const [head, first, ...others] = parts as [string, string, ...string[]];
  const known = new Set(sectionsOf(first).map((section) => section.trim()));
  const rest = others.map((part, index) => {
    const name = others.length === 1 ? "## Another signature" : `## Another signature (${index + 2})`;
    const own = sectionsOf(part).filter((section, at) => at === 0 || !known.has(section.trim()));
    return own.join("").replace("## Call Signature", name);
  });
  return [head, first.replace("## Call Signature", "## Signature"), ...rest].join("");
}

/** The parts of an overload: its heading with the signature, its words, and its sections. */
function sectionsOf(part: string): string[] {
  const signature = /^[\s\S]*?\n```\n\n?/.exec(part)?.[0] ?? "";
  const sections = part.slice(signature.length).split(/^(?=#{3,} )/m);
  return [signature, ...sections.map((each) => each.replace(/\n\*\*\*\n+$/, "\n"))];
}

/** Tables of properties: default and meaning in columns of their own. */
export function splitDefaults(page: string): string {
  return page.replaceAll(
    /^\| (\w+) \| Type \| Description \|\n\|[ -|]+\|\n((?:\|.*\|\n?)+)/gm,
    (whole, name: string, body: string) => {
      const rows = body.trimEnd().split("\n").map(splitRow);
      const split = rows.map(([first = "", type = "", text = ""]) => ({
        first,
        type,
        words: defaultOf(text),
      }));
      if (split.every(({ words }) => words.byDefault === "")) return whole;
      const lines = split.map(
        ({ first, type, words }) => `| ${first} | ${type} | ${words.byDefault} | ${words.meaning} |`,
      );
      return `| ${name} | Type | Default | Meaning |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
    },
  );
}

function splitRow(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** What a description says of the default, and the rest of it. */
export function defaultOf(text: string): { readonly byDefault: string; readonly meaning: string } {
  const [tag, value] = /\s*\*\*Default\*\* (.+)$/.exec(text) ?? [];
  if (tag !== undefined) return { byDefault: value!, meaning: text.slice(0, -tag.length) };
  const [sentence, words] = /(?:^|(?<=\.) )Default:? ((?:[^.`]|`[^`]*`|\.(?=\w))+)\.?$/.exec(text) ?? [];
  if (sentence === undefined) return { byDefault: "", meaning: text === "-" ? "" : text };
  return { byDefault: words!, meaning: text.slice(0, -sentence.length) };
}

/** A list of guides at the end of a page. */
export function guideList(guides: readonly { readonly title: string; readonly link: string }[]): string {
  if (guides.length === 0) return "";
  return `## In the guides\n\n${guides.map(({ title, link }) => `- [${title}](${link})`).join("\n")}\n\n`;
}
