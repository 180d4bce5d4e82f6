const key = '"embedding":';
const openings = [`${key}"`, `${key} "`];

/**
 * Reads an answer as `JSON.parse` does, in less time where it holds vectors in base64: their characters (strings under
 * the key `embedding`) are cut out first, and only what is left is parsed.
 *
 * @throws SyntaxError for what is no JSON
 */
export function parseEmbeddings(text: string): unknown {
  // The first one tells how the others are written; to look for what is not there would take as long as to parse.
  const first = text.indexOf(key);
  const opening = openings.find((each) => first !== -1 && text.startsWith(each, first));
  if (opening === undefined) return JSON.parse(text);
  const vectors: string[] = [];
  let rest = "";
  let position = 0;
  for (let at = first; at !== -1; at = text.indexOf(opening, position)) {
    const start = at + opening.length;
    const end = text.indexOf('"', start);
    const vector = text.slice(start, end);
    // Not within a string of another kind, and nothing that has to be unescaped: then it is no plain base64.
    if (end === -1 || text[at - 1] === "\\" || vector.includes("\\")) return JSON.parse(text);
    // Its number stands in for it.
    rest += text.slice(position, start - 1) + String(vectors.length);
    vectors.push(vector);
    position = end + 1;
  }
  rest += text.slice(position);
  let numbers = 0;
  const parsed: unknown = JSON.parse(rest, (name, value: unknown) => {
    if (name !== "embedding" || typeof value !== "number") return value;
    numbers++;
    return vectors[value];
  });
  // Where there are more numbers than stand in for vectors, one cannot tell which do.
  return numbers === vectors.length ? parsed : JSON.parse(text);
}
