import { Buffer } from "node:buffer";
import { decodeBase64 } from "./decode-base64.ts";

const key = '"embedding":';
const openings = [`${key}"`, `${key} "`];
const quote = 0x22;
const backslash = 0x5c;

/**
 * Reads an answer as `JSON.parse` does, but for vectors in base64 (strings under the key `embedding`): they become
 * `ArrayBuffer`s of their bytes. Their characters are cut out first, and only what is left is parsed.
 *
 * @param body JSON in UTF-8
 * @throws SyntaxError for what is no JSON
 */
export function parseEmbeddings(body: Uint8Array): unknown {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // The first one tells how the others are written; to look for what is not there would take as long as to parse.
  const first = bytes.indexOf(key);
  const opening = openings.find(
    (each) => first !== -1 && bytes.toString("latin1", first, first + each.length) === each,
  );
  if (opening === undefined) return parse(bytes);
  const vectors: (ArrayBuffer | string)[] = [];
  let rest = "";
  let position = 0;
  /** The next backslash, if there is any more. */
  let escape = bytes.indexOf(backslash);
  for (let at = first; at !== -1; at = bytes.indexOf(opening, position)) {
    const start = at + opening.length;
    const end = bytes.indexOf(quote, start);
    if (escape !== -1 && escape < at - 1) escape = bytes.indexOf(backslash, at - 1);
    // Not within a string of another kind, and nothing that has to be unescaped: then it is no plain base64.
    if (end === -1 || (escape !== -1 && escape < end)) return parse(bytes);
    // Its number stands in for it.
    rest += bytes.toString("utf8", position, start - 1) + String(vectors.length);
    const text = bytes.toString("utf8", start, end);
    // Decoded at once: strings that stay until the answer has gone through promises are not young any more.
    vectors.push(decodeBase64(text) ?? text);
    position = end + 1;
  }
  rest += bytes.toString("utf8", position);
  let numbers = 0;
  const parsed: unknown = JSON.parse(rest, (name, value: unknown) => {
    if (name !== "embedding" || typeof value !== "number") return value;
    numbers++;
    return vectors[value];
  });
  // Where there are more numbers than stand in for vectors, one cannot tell which do.
  return numbers === vectors.length ? parsed : parse(bytes);
}

function parse(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}
