import type { MarkdownRenderer } from "vitepress";
import { repository } from "./repository-links.ts";

const comment = /^<!-- from: (\S+) -->\s*$/;

/** A plugin of markdown-it: above a block of code, shows which program it is a part of. */
export function sourceLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("source-links", ({ tokens }) => {
    for (const token of tokens) {
      const path = token.type === "html_block" ? comment.exec(token.content)?.[1] : undefined;
      if (path === undefined) continue;
      const address = `${repository}/blob/main/${path}`;
      token.content = `<p class="source"><a href="${address}" target="_blank" rel="noreferrer">${path}</a></p>\n`;
    }
  });
}
