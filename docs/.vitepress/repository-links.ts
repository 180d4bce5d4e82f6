import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix, relative } from "node:path";
import type { MarkdownRenderer, Plugin } from "vitepress";
import { packages } from "./packages.ts";
import { importsFor } from "./program-imports.ts";
import { projectPages } from "./project-pages.ts";

const root = join(import.meta.dirname, "../..");

export const repository = "https://github.com/llx/llx";

/** The base URL of pictures in the READMEs of packages, which npm shows too. */
const pictures = "https://raw.githubusercontent.com/llx/llx/main/docs/images/";

/** The folder in the repository that a page's relative links start from. */
function folderOf(page: string): string {
  // The home page shows a part of the root's README.
  if (page === "index.md") return "";
  const published = packages.find(({ slug }) => page === `packages/${slug}.md`);
  const project = projectPages.find((each) => page === `project/${each.page}.md`);
  return (
    published?.folder ??
    project?.folder ??
    posix.dirname(posix.join("docs", page === "guides/index.md" ? "README.md" : page))
  );
}

/**
 * The target of a relative link of a Markdown file on the site: the page of a guide or a package if there is one,
 * otherwise the file in the repository. So the same text works in both places.
 *
 * @param href as written in the file
 * @param page the path of the page that shows it, from `docs`
 */
function siteLink(href: string, page: string): string {
  if (href.startsWith(pictures)) return `/images/${href.slice(pictures.length)}`;
  if (/^([a-z]+:|#|\/)/.test(href) || page.startsWith("api/")) return href;
  const [path, anchor] = href.split("#");
  const target = posix.join(folderOf(page), path!);
  const hash = anchor === undefined ? "" : `#${anchor}`;
  if (target.startsWith("docs/images/")) return `/${target.slice("docs/".length)}`;
  if (target === "docs" || target === "docs/README.md") return `/guides/${hash}`;
  if (target.startsWith("docs/guides/"))
    return `/${target.slice("docs/".length).replace(/\.md$/, "")}${hash}`;
  const folder = target.replace(/\/(README\.md)?$/, "");
  const published = packages.find((each) => each.folder === folder);
  if (published !== undefined) return `/packages/${published.slug}${hash}`;
  if (folder === "benchmarks") return `/project/benchmarks${hash}`;
  const file = join(root, target);
  if (!existsSync(file)) throw new Error(`${page} links to ${href}, which does not exist`);
  return `${repository}/${statSync(file).isDirectory() ? "tree" : "blob"}/main/${target}${hash}`;
}

/** A plugin of markdown-it. */
export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    const page = (env as { relativePath: string }).relativePath;
    for (const token of tokens.flatMap((each) => [each, ...(each.children ?? [])])) {
      const name = { link_open: "href", image: "src" }[token.type];
      const value = name === undefined ? null : token.attrGet(name);
      if (value !== null) token.attrSet(name!, siteLink(value, page));
    }
  });
}

/** The target of a link in the pages for language models: Markdown, from the root of the site. */
function plainLink(href: string, page: string, base: string): string {
  if (/^([a-z]+:|#)/.test(href)) return href;
  const link = page.startsWith("api/") ? posix.join("/", posix.dirname(page), href) : siteLink(href, page);
  if (link.startsWith("/images/")) return pictures + link.slice("/images/".length);
  if (!link.startsWith("/")) return link;
  const [, path, hash] = /^\/(.*?)(?:\/|(?:\/index)?\.md)?(#.*)?$/.exec(link)!;
  return `${base}${path}.md${hash ?? ""}`;
}

/** A block of code with the imports of its program, from which the line before it says that it comes. */
function withImports(block: string, before: string, known: Map<string, Set<string>>): string {
  const path = /<!-- from: (\S+) -->\s*$/.exec(before)?.[1];
  if (path === undefined) return block;
  const names = known.get(path) ?? new Set();
  known.set(path, names);
  const imports = importsFor(block, readFileSync(join(root, path), "utf8"), names);
  return block.replace("\n", () => `\n${imports}`);
}

/**
 * Rewrites the links in the pages for language models, and adds the imports of programs; the pages for readers are
 * unchanged.
 */
export function plainLinks([collect, write]: [Plugin, Plugin], base: string): Plugin[] {
  const { transform } = collect as { transform(content: string, id: string): Promise<unknown> };
  return [
    {
      ...collect,
      async transform(content: string, id: string) {
        const page = relative(join(root, "docs"), id);
        // The home page is not one of them.
        if (!page.endsWith(".md") || page === "index.md") return transform(content, id) as never;
        const parts = content.split(/^(```[^]*?^```)/m);
        const known = new Map<string, Set<string>>();
        const mended = parts.map((part, at) =>
          at % 2 === 1
            ? withImports(part, parts[at - 1]!, known)
            : part.replaceAll(/(?<=\]\()[^)\s]+(?=\))/g, (href) => plainLink(href, page, base)),
        );
        await transform(mended.join(""), id);
        return null;
      },
    },
    write,
  ];
}
