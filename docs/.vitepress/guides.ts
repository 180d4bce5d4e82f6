import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface GuideGroup {
  /** The heading above the table. */
  readonly text: string;
  readonly items: readonly { readonly title: string; readonly link: string }[];
}

/** The guides in the order of `docs/README.md`, the only list of them, with its links. */
export function readGuides(): GuideGroup[] {
  const markdown = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const [, ...sections] = markdown.split(/^## /m);
  return sections.flatMap((section) => {
    const items = [...section.matchAll(/^\| \[([^\]]+)\]\((guides\/[^)]+)\)/gm)].map(([, title, link]) => ({
      title: title!,
      link: link!,
    }));
    return items.length === 0 ? [] : [{ text: section.split("\n")[0]!, items }];
  });
}
