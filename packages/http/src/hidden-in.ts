import type { Hidden } from "./conceal.ts";

/**
 * Shorter values of headers may be anybody's words; keys and passwords are hidden from fewer characters on.
 */
const leastValue = 8;
const leastKey = 4;
const leastText = 16;
const harmless = new Set(["accept", "content-type"]);
/** A string of the body's top level that is longer is a text, whatever it looks like. */
const longestName = 200;

/** What of a request must not be shown. */
export interface Sent {
  /** The headers that the caller gave, by their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: URL;
  /** The JSON that was sent. */
  readonly body: string;
  /** More secrets, such as a proxy's password. */
  readonly secrets: readonly string[];
}

/** What is hidden of a request in whatever a service says of it. */
export function hiddenIn(sent: Sent): Hidden {
  return { secrets: secretsIn(sent), texts: textsOf(JSON.parse(sent.body)) };
}

/** The keys and the like among it: those are found without reading what was sent. */
export function secretsIn({ headers, url, secrets }: Omit<Sent, "body">): string[] {
  // To take apart a query that is not there would take longer than all else here.
  const query = url.search === "" ? [] : [...url.searchParams];
  const inUrl = query.flatMap(([name, value]) =>
    /key|token|secret|sig|auth|pass/i.test(name) ? [value] : [],
  );
  return [...secretsInHeaders(headers), ...[...inUrl, ...secrets].filter(isKey)];
}

/** Those of headers that many requests have in common are looked for once. */
const known = new WeakMap<Sent["headers"], readonly string[]>();

function secretsInHeaders(headers: Sent["headers"]): readonly string[] {
  const before = known.get(headers);
  if (before !== undefined) return before;
  const entries = Object.entries(headers).filter(([name]) => !harmless.has(name));
  const values = entries.map(([, value]) => value).filter(({ length }) => length >= leastValue);
  // Without its scheme too: "Bearer <key>".
  const keys = entries.flatMap(([name, value]) =>
    name.endsWith("authorization") ? [value.replace(/^\S+\s+/, "")] : [],
  );
  const found = [...values, ...keys.filter(isKey)];
  known.set(headers, found);
  return found;
}

function isKey({ length }: string): boolean {
  return length >= leastKey;
}

/** The user's texts in a body: not the short names that stand at its top, such as a model's. */
function textsOf(body: unknown): string[] {
  const texts: string[] = [];
  const add = (value: unknown): void => {
    if (typeof value === "string") {
      if (value.length >= leastText) texts.push(value);
    } else if (typeof value === "object" && value !== null) {
      Object.values(value).forEach(add);
    }
  };
  const top =
    typeof body === "object" && body !== null && !Array.isArray(body) ? Object.values(body) : [body];
  for (const value of top) {
    if (typeof value !== "string" || value.length >= longestName || !/^[\w./:@+-]*$/.test(value)) add(value);
  }
  return texts;
}
