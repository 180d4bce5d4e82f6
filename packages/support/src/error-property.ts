import { isObject } from "./is-object.ts";

/** A property of a thrown value; `undefined` if it has none, or if reading it throws. */
export function errorProperty(error: unknown, name: string): unknown {
  if (!isObject(error)) return undefined;
  try {
    return Reflect.get(error, name);
  } catch {
    return undefined;
  }
}

/** Whether an error, or one of its next causes, has one of some codes, such as `ECONNREFUSED`. */
export function hasCode(error: unknown, codes: ReadonlySet<unknown>): boolean {
  for (
    let each = error, depth = 0;
    each !== undefined && depth < 4;
    each = errorProperty(each, "cause"), depth++
  ) {
    if (codes.has(errorProperty(each, "code"))) return true;
  }
  return false;
}

/** What an error has at each of some paths. */
const valuesAt = (error: unknown, paths: readonly (readonly string[])[]): unknown[] =>
  paths.map((path) => path.reduce(errorProperty, error));

/** Where errors have the HTTP status: those of most clients, of axios, and of AWS. */
const statusPaths = [["status"], ["statusCode"], ["response", "status"], ["$metadata", "httpStatusCode"]];

/** The HTTP status of an error: the first that it has, if that is a number. */
export function statusOf(error: unknown): number | undefined {
  const status = valuesAt(error, statusPaths).find((each) => each !== undefined && each !== null);
  return typeof status === "number" ? status : undefined;
}

/** Where errors have the headers of the response: those of `fetch` and of most clients, of axios, of the AI SDK, and of AWS. */
const headersPaths = [["headers"], ["response", "headers"], ["responseHeaders"], ["$response", "headers"]];

/** A header of the response, by its name in lower case; `undefined` if the error does not have it. */
export function headerOf(error: unknown, name: string): string | undefined {
  for (const headers of valuesAt(error, headersPaths).filter(isObject)) {
    const get = errorProperty(headers, "get");
    const value: unknown =
      typeof get === "function" ? callGet(headers, get, name) : errorProperty(headers, name);
    if (typeof value === "string") return value;
  }
  return undefined;
}

function callGet(headers: object, get: Function, name: string): unknown {
  try {
    return Reflect.apply(get, headers, [name]);
  } catch {
    return undefined;
  }
}
