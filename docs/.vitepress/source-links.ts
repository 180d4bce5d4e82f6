import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MarkdownRenderer } from "vitepress";
import { repository } from "./repository-links.ts";

const comment = /^<!-- from: (\S+) -->\s*$/;
const root = join(import.meta.dirname, "../..");

/**
 * A plugin of markdown-it: above a block of code, shows which program it is a part of. The whole program, with its imports, folds
 * out; on each page once.
 */
export function sourceLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("source-links", (state) => {
    const shown = new Set<string>();
    state.tokens = state.tokens.flatMap((token, index) => {
      const path = token.type === "html_block" ? comment.exec(token.content)?.[1] : undefined;
      if (path === undefined) return [token];
      const link = `<a href="${repository}/blob/main/${path}" target="_blank" rel="noreferrer">${path}</a>`;
      const program = readFileSync(join(root, path), "utf8");
      const isWhole = state.tokens[index + 1]?.content.trim() === program.trim();
      if (isWhole || shown.has(path)) {
        token.content = `<p class="source">${link}</p>\n`;
        return [token];
      }
      shown.add(path);
      token.content = `<details class="source"><summary>${path}, the whole program</summary>\n<p>${link}</p>\n`;
      const code = new state.Token("fence", "code", 0);
      Object.assign(code, { info: "ts", content: program, block: true, markup: "```" });
      const end = new state.Token("html_block", "", 0);
      end.content = "</details>\n";
      return [token, code, end];
    });
  });
}
