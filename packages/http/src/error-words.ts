import { jsonIn } from "./json-in.ts";

/** Reads the service's own words out of the body of an error: its JSON, or its text where it is none. */
export type ReadError = (body: unknown) => string | undefined;

/** The most that is looked at of a page. */
const longestPage = 20_000;
/** How deep words are looked for, and how many of a list are told. */
const deepest = 6;
const mostOfList = 3;
/** Where services put their words beside "error", the more telling first. All else may echo what was sent. */
const places = [
  "errors",
  "message",
  "Message",
  "msg",
  "detail",
  "error_description",
  "description",
  "reason",
  "title",
];

/**
 * What a service says in the body of an error: what `readError` finds, else what stands in the usual places.
 *
 * @param json the body, or `undefined` where it is no JSON
 */
export function errorWords(
  text: string,
  json: unknown,
  readError: ReadError | undefined,
): string | undefined {
  const own = said(json ?? text, readError);
  if (own !== undefined) return own;
  const words = json === undefined ? wordsOfPage(text) : wordsIn(json, deepest);
  // The validation errors of a Python server as Python writes them: they go on with what was sent.
  return words?.replace(/[,{]\s*(['"])input\1: [^]*/, " …");
}

function said(body: unknown, readError: ReadError | undefined): string | undefined {
  try {
    const words: unknown = readError?.(body);
    return typeof words === "string" ? words : undefined;
  } catch {
    // The error that is being told of matters more.
    return undefined;
  }
}

/** The words that a value is or has in one of the usual places; `undefined` for none. */
function wordsIn(value: unknown, depth: number): string | undefined {
  if (depth === 0) return undefined;
  if (typeof value === "string") return wordsOfString(value, depth);
  if (typeof value !== "object" || value === null) return undefined;
  return Array.isArray(value) ? wordsOfList(value, depth) : wordsOfObject(value, depth);
}

function wordsOfString(text: string, depth: number): string | undefined {
  if (text.trim() === "") return undefined;
  const found = jsonIn(text);
  if (found === undefined) return text;
  const words = wordsIn(found.value, depth - 1);
  if (words !== undefined) return found.before + words;
  // What has no words may be what was sent.
  return found.before.trim() === "" ? undefined : `${found.before}…`;
}

function wordsOfList(list: readonly unknown[], depth: number): string | undefined {
  const told = list.slice(0, mostOfList).flatMap((each) => wordsIn(each, depth - 1) ?? []);
  if (told.length === 0) return undefined;
  const more = list.length - mostOfList;
  return told.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

function wordsOfObject(value: object, depth: number): string | undefined {
  const members = value as Readonly<Record<string, unknown>>;
  const { loc, msg, error } = members;
  if (Array.isArray(loc) && typeof msg === "string") return fieldError(loc, msg);
  const first = wordsIn(error, depth - 1);
  // A string is often no more than the name of the status.
  if (first !== undefined && typeof error !== "string") return first;
  const second = firstOf(places, (place) => wordsIn(members[place], depth - 1));
  if (first === undefined || second === undefined) return first ?? second;
  return first.includes(second) ? first : `${first}: ${second}`;
}

function firstOf<T, R>(values: readonly T[], read: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = read(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What is wrong with a field, in the form of FastAPI. What the field held, which stands there too, is not told. */
function fieldError(loc: readonly unknown[], msg: string): string {
  const field = loc.slice(loc[0] === "body" ? 1 : 0).slice(0, deepest);
  const names = field.filter((name) => typeof name === "string" || typeof name === "number");
  return names.length === 0 ? msg : `${names.join(".")}: ${msg}`;
}

/** The beginning of a body that is no JSON, such as a gateway's page, without its markup. */
function wordsOfPage(text: string): string {
  return text.slice(0, longestPage).replaceAll(/<(style|script)\b[\s\S]*?(<\/\1>|$)|<[^>]*>/gi, " ");
}
