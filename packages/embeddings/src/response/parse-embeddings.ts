import { Buffer } from "node:buffer";
import { decodeBase64 } from "./decode-base64.ts";
import { parseLooseJson } from "./parse-loose-json.ts";

const key = '"embedding":';
const quote = 0x22;
const backslash = 0x5c;
const bracket = 0x5d;

/** A vector that was read by itself. */
type Vector = ArrayBuffer | Float32Array;

/** The ways in which a vector begins, and what ends it. */
const forms = [`"`, ` "`, `[`, ` [`].map((begin) => ({
  opening: key + begin,
  end: begin.endsWith("[") ? bracket : quote,
}));

/**
 * Reads an answer as `JSON.parse` does, but for vectors, which stand under the key `embedding`: in base64 they become
 * `ArrayBuffer`s of their bytes, arrays of numbers become `Float32Array`s. Each is read by itself, and only what is left
 * is parsed as a whole: long strings, and numbers that wait to be copied, take more time than all else.
 *
 * `NaN` and `Infinity`, which JSON does not have and some servers write all the same, are read as these numbers: so the
 * check of the answer can tell where they stand.
 *
 * @param body JSON in UTF-8
 * @throws SyntaxError for what is no JSON
 */
export function parseEmbeddings(body: Uint8Array): unknown {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // The first one tells how the others are written; to look for what is not there would take as long as to parse.
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
    // Within a string of another kind, or cut off.
    if (end === -1 || bytes[at - 1] === backslash) return parse(bytes);
    const vector = readVector(bytes.toString("utf8", start, end), closing);
    if (vector === undefined) return parse(bytes);
    // Its number stands in for it.
    rest += bytes.toString("utf8", position, start - 1) + String(vectors.length);
    vectors.push(vector);
    position = end + 1;
  }
  rest += bytes.toString("utf8", position);
  if (hasOtherKeys(rest, vectors.length)) return parse(bytes);
  try {
    return JSON.parse(rest, (name, value: unknown) =>
      name === "embedding" && typeof value === "number" ? vectors[value] : value,
    );
  } catch {
    return parse(bytes);
  }
}

/** Whether a key `embedding` may be there, however it is spelled, whose value does not stand in for a vector. */
function hasOtherKeys(rest: string, vectors: number): boolean {
  // Escaped, each of its letters is written as \u006….
  return rest.match(/"embedding"\s*:/g)?.length !== vectors || rest.includes("\\u006");
}

/** What stands between the ends of a vector; `undefined` for what has to be read with all that is around it. */
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
