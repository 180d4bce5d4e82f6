import { Buffer } from "node:buffer";
import { parseLooseJson } from "./parse-loose-json.ts";
import { readBase64Vectors, readNumberVectors } from "./read-vectors.ts";

const key = '"embedding":';
const quote = 0x22;
const backslash = 0x5c;
const bracket = 0x5d;

/** How a vector may begin, what ends it, and how all of a response are read. */
const forms = [
  { opening: `${key}"`, closing: quote, read: readBase64Vectors },
  { opening: `${key} "`, closing: quote, read: readBase64Vectors },
  { opening: `${key}[`, closing: bracket, read: readNumberVectors },
  { opening: `${key} [`, closing: bracket, read: readNumberVectors },
];

/**
 * Reads a response as `JSON.parse` does, except for vectors under the key `embedding`: base64 becomes a `DataView` of its
 * bytes, an array of numbers becomes a `Float32Array`. They are read separately, and only the rest is parsed as a
 * whole: long strings, and numbers that have to be copied later, would take most of the time. All vectors lie in one
 * block of memory, as allocating and collecting a block for each takes longer than decoding it.
 *
 * `NaN` and `Infinity`, which JSON does not have but some servers write, are read as these numbers, so that the check of
 * the response can name their text.
 *
 * @param body JSON in UTF-8
 * @throws SyntaxError for invalid JSON
 */
export function parseEmbeddings(body: Uint8Array): unknown {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // The others have the form of the first: searching for each form would take as long as parsing.
  const first = bytes.indexOf(key);
  const form = forms.find(
    ({ opening }) => bytes.toString("latin1", first, first + opening.length) === opening,
  );
  if (first === -1 || form === undefined) return parse(bytes);
  const { opening, closing, read } = form;
  const ends: number[] = [];
  let rest = "";
  let position = 0;
  for (let at = first; at !== -1; at = bytes.indexOf(opening, position)) {
    const start = at + opening.length;
    const end = bytes.indexOf(closing, start);
    // Inside another string, or truncated.
    if (end === -1 || bytes[at - 1] === backslash) return parse(bytes);
    // It is replaced by its number.
    rest += bytes.toString("utf8", position, start - 1) + String(ends.length / 2);
    ends.push(start, end);
    position = end + 1;
  }
  rest += bytes.toString("utf8", position);
  if (hasOtherKeys(rest, ends.length / 2)) return parse(bytes);
  const vectors = read(bytes, ends);
  if (vectors === undefined) return parse(bytes);
  try {
    return withVectors(JSON.parse(rest), vectors);
  } catch {
    return parse(bytes);
  }
}

/** Whether there may be a key `embedding`, in any spelling, whose value is not the number of a vector. */
function hasOtherKeys(rest: string, vectors: number): boolean {
  // An escaped letter of it is written as \u006….
  return rest.match(/"embedding"\s*:/g)?.length !== vectors || rest.includes("\\u006");
}

/**
 * Puts the vectors in the place of their numbers. A reviver of `JSON.parse` would be called for every number of lists under
 * other keys too, which takes far longer.
 */
function withVectors(value: unknown, vectors: readonly unknown[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (const item of value as readonly unknown[]) withVectors(item, vectors);
    return value;
  }
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) {
    const member = members[name];
    if (name === "embedding" && typeof member === "number") members[name] = vectors[member];
    else withVectors(member, vectors);
  }
  return value;
}

function parse(bytes: Buffer): unknown {
  const text = bytes.toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    const read = parseLooseJson(text);
    if (read === undefined) throw error;
    return read;
  }
}
