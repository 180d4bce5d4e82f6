/** What is exported: a function is used where it is called, a type or a class where it is named. */
export type SymbolKind = "function" | "type";

const fence = /^```[\s\S]*?^```/gm;

/** The code of a Markdown document: its TypeScript blocks, and what is between backticks in its text. */
function codesOf(markdown: string): { blocks: string; inline: string[] } {
  const blocks = [...markdown.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code).join("\n");
  const inline = [...markdown.replaceAll(fence, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return { blocks, inline };
}

/**
 * The exported symbol that a piece of code between backticks is about: `mapJobs`, `mapJobs(urls, load)`, `new Semaphore(4)`,
 * `Semaphore.acquire`. A name that could as well be an option or an ordinary word, such as `retry`, is one only if it is called.
 */
export function symbolIn(code: string, isExported: (name: string) => boolean): string | undefined {
  const [, name = "", rest = ""] = /^(?:new )?([A-Za-z]\w*)([.(<].*)?$/.exec(code) ?? [];
  const unmistakable = /[A-Z]/.test(name) || rest.startsWith("(");
  const isMember = rest.startsWith(".") && /^[a-z]/.test(name);
  return unmistakable && !isMember && isExported(name) ? name : undefined;
}

/** Whether a document shows how a symbol is used, or speaks of it. */
export function uses(markdown: string, name: string, kind: SymbolKind): boolean {
  const { blocks, inline } = codesOf(markdown);
  const use = kind === "function" ? `(?<![\\w.])${name}[(<]` : `\\b${name}\\b`;
  return new RegExp(use).test(blocks) || inline.some((code) => symbolIn(code, (each) => each === name));
}
