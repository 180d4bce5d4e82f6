import type { DefaultTheme } from "vitepress";

/** What a page is, by its path from `docs`. */
export function kindOf(page: string): "Guide" | "Package" | "API" | undefined {
  const [, folder = ""] = /^\/?(\w+)\//.exec(page) ?? [];
  return ({ guides: "Guide", packages: "Package", api: "API" } as const)[folder];
}

/** Headings of the reference that say nothing by themselves: what is under them is found under the symbol. */
const generic =
  /<h([2-6])[^>]*>\s*(?:Signature|Another signature[^<]*|Parameters|Type Parameters|Returns?|Throws|Example|Options|Properties|Constructors?|Accessors|Methods|Get Signature|Extends|Extended by|Implements|Overrides|Inherited from|Type Declaration|In the guides)\b[\s\S]*?<\/h\1>/g;

/** Whole programs, which fold out above a part that is shown: only their path is found. */
const programs = /<details class="source">.*\n(<p>.*<\/p>)[\s\S]*?<\/details>/g;

/** A page for the index of the search: its title says of what kind it is. */
export function indexedPage(html: string, page: string): string {
  const kind = kindOf(page);
  if (kind === undefined) return html;
  const text =
    kind === "API"
      ? html.replaceAll(generic, "").replace(/(<h1[^>]*>[^<&]*)&lt;[^<]*/, "$1")
      : html.replaceAll(programs, "$1");
  return text.replace(/<h1[^>]*>/, (tag) => `${tag}${kind}: `);
}

/**
 * The search: guides first, then packages, then the reference, where the page of a symbol comes before those that mention
 * it. The functions in `miniSearch` also run in the browser, where nothing else of this file exists.
 */
export const search: DefaultTheme.LocalSearchOptions = {
  _render(source, env, markdown) {
    const html = markdown.render(source, env);
    return indexedPage(html, (env as { relativePath: string }).relativePath);
  },
  miniSearch: {
    options: {
      // One word in singular and plural: "retry" finds "Retries".
      processTerm(term: string): string {
        const word = term.toLowerCase();
        return word.length < 4 ? word : word.replace(/ies$/, "y").replace(/([^s])s$/, "$1");
      },
    },
    searchOptions: {
      boostDocument(id: string, term: string, stored?: Record<string, unknown>): number {
        if (id.includes("/guides/")) return id.includes("/from-") ? 2 : 4;
        if (id.includes("/packages/")) return 2;
        // Here `term` is what was found, not what was written: a name in full counts more, but not more than a guide.
        const [, name = ""] = /^API: (\w+)/.exec(String(stored?.["title"])) ?? [];
        return /[a-z][A-Z]/.test(name) && name.toLowerCase().startsWith(term) ? 3 : 1;
      },
    },
  },
};
