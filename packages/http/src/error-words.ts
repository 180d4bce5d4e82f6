/** Reads the service's own words out of the body of an error: its JSON, or its text where it is none. */
export type ReadError = (body: unknown) => string | undefined;

/** The most that is looked at of a page. */
const longestPage = 20_000;

/**
 * What a service says in the body of an error: what `readError` finds, else what stands in the usual places.
 */
export function errorWords(text: string, readError: ReadError | undefined): string | undefined {
  const json = parseJson(text);
  return said(json ?? text, readError) ?? (json === undefined ? wordsOfPage(text) : usualWords(json));
}

/** The value of a JSON text; `undefined` for what is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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

function usualWords(json: unknown): string | undefined {
  if (typeof json === "string") return json;
  if (typeof json !== "object" || json === null) return undefined;
  const { error, message, detail, title } = json as Record<string, unknown>;
  const inside =
    typeof error === "object" && error !== null ? (error as Record<string, unknown>)["message"] : error;
  return [inside, message, detail, title].find((words) => typeof words === "string" && words !== "") as
    | string
    | undefined;
}

/** The beginning of a body that is no JSON, such as a gateway's page, without its markup. */
function wordsOfPage(text: string): string {
  return text.slice(0, longestPage).replaceAll(/<(style|script)\b[\s\S]*?(<\/\1>|$)|<[^>]*>/gi, " ");
}
