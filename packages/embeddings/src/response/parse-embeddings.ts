import { Buffer } from "node:buffer";
import { decodeBase64 } from "./decode-base64.ts";
import { parseLooseJson } from "./parse-loose-json.ts";

const key = '"embedding":';
const quote = 0x22;
const backslash = 0x5c;
const bracket = 0x5d;

/** A vector that was read separately. */
type Vector = ArrayBuffer | Float32Array;

/** How a vector may begin, and what ends it. */
const forms = [`"`, ` "`, `[`, ` [`].map((begin) => ({
  opening: key + begin,
  end: begin.endsWith("[") ? bracket : quote,
}));

/**
 * Reads a response as `JSON.parse` does, except for vectors under the key `embedding`: base64 becomes an `ArrayBuffer`
 * of its bytes, an array of numbers becomes a `Float32Array`. Each is read separately, and only the rest is parsed as a
 * whole: long strings, and numbers that have to be copied later, would take most of the time.
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
  const { opening, end: closing } = form;
  const vectors: Vector[] = [];
  let rest = "";
  let position = 0;
  for (let at = first; at !== -1; at = bytes.indexOf(opening, position)) {
    const start = at + opening.length;
    const end = bytes.indexOf(closing, start);
    // Inside another string, or truncated.
    if (end === -1 || bytes[at - 1] === backslash) return parse(bytes);
    const vector = readVector(bytes.toString("utf8", start, end), closing);
    if (vector === undefined) return parse(bytes);
    // It is replaced by its number.
    rest += bytes.toString("utf8", position, start - 1) + String(vectors.length);
    vectors.push(vector);
    position = end + 1;
  }
  rest += bytes.toString("utf8", position);
  if (hasOtherKeys(rest, vectors.length)) return parse(bytes);
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

/** Reads the text between the ends of a vector; `undefined` if it has to be parsed with its surroundings. */
function readVector(text: string, closing: number): Vector | undefined {
  return closing === bracket ? readNumbers(text) : decodeBase64(text);
}

function readNumbers(text: string): Float32Array | undefined {
  let numbers: unknown[];
  try {
    numbers = JSON.parse(`[${text}]`) as unknown[];
  } catch {
    // An array within the array, or a bracket in a string.
    return undefined;
  }
  const vector = new Float32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const value = numbers[i];
    if (typeof value !== "number") return undefined;
    vector[i] = value;
  }
  return vector;
}

/**
 * Puts the vectors in the place of their numbers. A reviver of `JSON.parse` would be called for every number of lists under
 * other keys too, which takes far longer.
 */
function withVectors(value: unknown, vectors: readonly Vector[]): unknown {
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
