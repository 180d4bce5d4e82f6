import type { MarkdownRenderer } from "vitepress";
import { symbolIn, uses } from "./symbol-uses.ts";
import { readSymbols } from "./symbols.ts";

const symbols = readSymbols();

interface Env {
  readonly relativePath: string;
  readonly content?: string;
}

/**
 * A plugin of markdown-it: in guides, READMEs and the reference itself, links each exported symbol to its page of the reference; at the end of a
 * guide, those that its programs use.
 */
export function symbolLinks(markdown: MarkdownRenderer, base: string): void {
  const source = new WeakMap<object, string>();
  markdown.core.ruler.before("normalize", "keep-source", (state) => {
    source.set(state.tokens, state.src);
  });

  markdown.core.ruler.push("symbol-links", (state) => {
    const { relativePath: page } = state.env as Env;
    if (!/^(guides|packages|api)\//.test(page)) return;
    for (const [at, token] of state.tokens.entries()) {
      if (token.children === null || state.tokens[at - 1]?.type === "heading_open") continue;
      let depth = 0;
      for (const child of token.children) {
        depth += child.nesting * Number(child.type.startsWith("link_"));
        if (child.type !== "code_inline" || depth > 0) continue;
        const name = symbolIn(child.content, (each) => symbols.has(each));
        if (name !== undefined && !page.endsWith(`/${name}.md`))
          child.meta = { link: base + symbols.get(name)!.link.slice(1) };
      }
    }
    if (!page.startsWith("guides/")) return;
    const text = source.get(state.tokens) ?? state.src;
    const used = [...symbols].filter(([name, { kind }]) => uses(text, name, kind));
    if (used.length === 0) return;
    const links = used
      .toSorted(([a], [b]) => a.localeCompare(b, "en", { sensitivity: "base" }))
      .map(([name, { link }]) => `<a href="${base}${link.slice(1)}"><code>${name}</code></a>`);
    const list = new state.Token("html_block", "", 0);
    list.content = `<p class="symbols">In the API reference: ${links.join(" ")}</p>\n`;
    state.tokens.push(list);
  });

  const render = markdown.renderer.rules.code_inline!;
  markdown.renderer.rules.code_inline = (tokens, index, ...rest) => {
    const code = render(tokens, index, ...rest);
    const { link } = (tokens[index]!.meta ?? {}) as { link?: string };
    return link === undefined ? code : `<a href="${link}">${code}</a>`;
  };
}
