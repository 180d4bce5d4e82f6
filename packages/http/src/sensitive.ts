import { Buffer } from "node:buffer";
import { looksLikeKey, mayContain, type Pattern, secretPatterns, type Sensitive } from "@llx/support";

/** What a request sends that must not be shown. */
export interface SentRequest {
  /** The headers that the caller gave, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: URL;
  /** The JSON that was sent. */
  readonly body: string;
  /** More keys, such as a proxy's password. */
  readonly secrets: readonly string[];
}

type Secrets = Pick<Sensitive, "keys"> & { readonly values: readonly string[] };

const harmless = new Set(["accept", "content-type"]);
const keyNames = /key|token|secret|sig|auth|pass|cred|cookie/i;
/** Shorter strings of a body are anybody's words. */
const leastText = 16;
/** A longer string at the top level of the body is a text, whatever it looks like. */
const maxNameLength = 200;

/** What must not be shown of a request, whatever the service says about it. */
export function sensitiveIn(sent: SentRequest): Sensitive {
  return { ...secretsIn(sent), texts: textsIn(JSON.parse(sent.body)) };
}

/** Whether an id that a service sends may contain a part of a key. `false` is certain, and fast. */
export function mayShowKey(id: string, { headers, url, secrets }: Omit<SentRequest, "body">): boolean {
  const own =
    url.search === "" && secrets.length === 0 ? [] : secretPatterns([...keysIn(url), ...secrets], []);
  return mayContain(id, secretsInHeaders(headers).patterns) || (own.length > 0 && mayContain(id, own));
}

function secretsIn({ headers, url, secrets }: SentRequest): Secrets {
  const { keys, values } = secretsInHeaders(headers);
  return { keys: [...keys, ...keysIn(url), ...secrets], values };
}

function keysIn(url: URL): string[] {
  if (url.search === "") return [];
  return [...url.searchParams].flatMap(([name, value]) => (keyNames.test(name) ? [value] : []));
}

/** Headers that many requests have in common are examined once. */
const known = new WeakMap<SentRequest["headers"], Secrets & { readonly patterns: readonly Pattern[] }>();

function secretsInHeaders(
  headers: SentRequest["headers"],
): Secrets & { readonly patterns: readonly Pattern[] } {
  const before = known.get(headers);
  if (before !== undefined) return before;
  const keys: string[] = [];
  const values: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (harmless.has(name)) continue;
    values.push(value);
    if (name.endsWith("authorization")) keys.push(...credentials(value));
    else if (keyNames.test(name) || looksLikeKey(value)) keys.push(value);
  }
  const found = { keys, values, patterns: secretPatterns(keys, values) };
  known.set(headers, found);
  return found;
}

/** The credentials without their scheme: the key of `Bearer <key>`; of `Basic <base64>` the password too. */
function credentials(value: string): string[] {
  const [, scheme = "", rest = value] = /^(\S+)\s+(.*)$/.exec(value) ?? [];
  if (!/^basic$/i.test(scheme)) return [rest];
  const pair = Buffer.from(rest, "base64").toString();
  return [rest, pair.slice(pair.indexOf(":") + 1)];
}

/** The user's texts in a body, but not the short names at its top level, such as a model's. */
function textsIn(body: unknown): string[] {
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
    if (typeof value !== "string" || value.length >= maxNameLength || !/^[\w./:@+-]*$/.test(value))
      add(value);
  }
  return texts;
}
