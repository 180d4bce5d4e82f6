/** A fenced block of a Markdown document. */
export interface Block {
  readonly language: string;
  readonly lines: readonly string[];
  /** The line before its fence. */
  readonly before: string;
}

export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  let start: number | undefined;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("```")) continue;
    if (start === undefined) {
      start = index;
      continue;
    }
    const language = lines[start]!.slice(3).trim();
    blocks.push({ language, lines: lines.slice(start + 1, index), before: lines[start - 1] ?? "" });
    start = undefined;
  }
  if (start !== undefined) throw new Error(`the block that begins in line ${start + 1} has no end`);
  return blocks;
}

/** What the comment before a block of a guide says: which file of an example has it, or prints it. */
export interface Origin {
  readonly kind: "from" | "prints" | "prints on stderr";
  readonly path: string;
}

const comment = /^<!-- (from|prints|prints on stderr): (examples\/[\w-]+\/src\/[\w/-]+\.ts) -->$/;

export function originOf({ before }: Block): Origin | undefined {
  const [, kind, path] = comment.exec(before) ?? [];
  return path === undefined ? undefined : { kind: kind as Origin["kind"], path };
}
