import { findJson } from "./find-json.ts";

/** Reads the service's own message from the body of an error: from its JSON, or its text where it is not JSON. */
export type ReadError = (body: unknown) => string | undefined;

/** How many characters of a page are examined. */
const maxPageLength = 20_000;
/** How deep messages are searched for, and how many items of a list are shown. */
const maxDepth = 6;
const maxItems = 3;
/** Where services put their message, besides `error`; the most specific first. Other members may repeat the request. */
const names = [
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
 * The message in the body of an error: what `readError` finds, otherwise what is found in the usual members.
 *
 * @param json the parsed body, or `undefined` if it is not JSON
 */
export function serviceMessage(text: string, json: unknown, readError?: ReadError): string | undefined {
  const own = callReader(json ?? text, readError);
  if (own !== undefined) return own;
  const message = json === undefined ? textOfPage(text) : messageIn(json, maxDepth);
  // Validation errors of a Python server, printed by Python: the rest repeats the request.
  return message?.replace(/[,{]\s*(['"])input\1: [^]*/, " …");
}

function callReader(body: unknown, readError: ReadError | undefined): string | undefined {
  try {
    const message: unknown = readError?.(body);
    return typeof message === "string" ? message : undefined;
  } catch {
    // The service's error matters more.
    return undefined;
  }
}

/** The message that a value is or contains; `undefined` if there is none. */
function messageIn(value: unknown, depth: number): string | undefined {
  if (depth === 0) return undefined;
  if (typeof value === "string") return messageInString(value, depth);
  if (typeof value !== "object" || value === null) return undefined;
  return Array.isArray(value) ? messageInList(value, depth) : messageInObject(value, depth);
}

function messageInString(text: string, depth: number): string | undefined {
  if (text.trim() === "") return undefined;
  const found = findJson(text);
  if (found === undefined) return text;
  const message = messageIn(found.value, depth - 1);
  if (message !== undefined) return found.before + message;
  // JSON without a message may repeat the request.
  return found.before.trim() === "" ? undefined : `${found.before}…`;
}

function messageInList(list: readonly unknown[], depth: number): string | undefined {
  const messages = list.slice(0, maxItems).flatMap((each) => messageIn(each, depth - 1) ?? []);
  if (messages.length === 0) return undefined;
  const more = list.length - maxItems;
  return messages.join("; ") + (more > 0 ? `; and ${more} more` : "");
}

function messageInObject(value: object, depth: number): string | undefined {
  const members = value as Readonly<Record<string, unknown>>;
  const { loc, msg, error } = members;
  if (Array.isArray(loc) && typeof msg === "string") return fieldError(loc, msg);
  const first = messageIn(error, depth - 1);
  // A string is often only the name of the status.
  if (first !== undefined && typeof error !== "string") return first;
  let second: string | undefined;
  for (const name of names) second ??= messageIn(members[name], depth - 1);
  if (first === undefined || second === undefined) return first ?? second;
  return first.includes(second) ? first : `${first}: ${second}`;
}

/** What is wrong with a field, in FastAPI's form. The value of the field, which FastAPI includes, is omitted. */
function fieldError(loc: readonly unknown[], msg: string): string {
  const field = loc.slice(loc[0] === "body" ? 1 : 0).slice(0, maxDepth);
  const path = field.filter((name) => typeof name === "string" || typeof name === "number");
  return path.length === 0 ? msg : `${path.join(".")}: ${msg}`;
}

/** The beginning of a body that is not JSON, such as a gateway's page, without its markup. */
function textOfPage(text: string): string {
  return text.slice(0, maxPageLength).replaceAll(/<(style|script)\b[\s\S]*?(<\/\1>|$)|<[^>]*>/gi, " ");
}
