/** Under which names services tell what is wrong, in which form, and of which limit. */
const telling = new Set([
  "error",
  "message",
  "msg",
  "detail",
  "title",
  "code",
  "type",
  "status",
  "reason",
  "quotaId",
]);
const longest = 2_000;

/** What a service says in the body of an error, a value of JSON, its codes among it; empty where nothing is found. */
export function wordsIn(body: unknown): string {
  const words: string[] = [];
  collect(body, words, 0);
  return words.join(" ").slice(0, longest);
}

function collect(value: unknown, words: string[], depth: number): void {
  if (typeof value !== "object" || value === null || depth > 5) return;
  for (const [name, part] of Object.entries(value)) {
    if (typeof part === "string" && telling.has(name)) words.push(part);
    else collect(part, words, depth + 1);
  }
}
