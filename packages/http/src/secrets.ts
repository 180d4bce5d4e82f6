import { Buffer } from "node:buffer";
import { looksLikeKey, secretFilter } from "@llx/support";

/** The parts of a request that may contain keys. */
interface SentRequest {
  /** The caller's headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly url: URL;
}

/** The keys and other values of a request that must not be shown. */
export interface Secrets {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** Whether an id that a service sends may contain a part of them. `false` is certain, and fast. */
  readonly mayBeIn: (id: string) => boolean;
}

/** The dates are quoted by a service whose clock differs. */
const harmless = new Set(["accept", "content-type", "content-length", "date", "x-amz-date"]);
const keyNames = /key|token|secret|sig|auth|pass|cred|cookie/i;
/** Shorter strings of a body are common words. */
const leastText = 16;
/** The minimum length at which a part of a key is recognised. */
const leastOfKey = 8;
/** A longer string at the top level of the body is always a text. */
const maxNameLength = 200;

/** The secrets in the requests of one client. They are mostly the same, so the last ones are kept. */
export class ClientSecrets {
  readonly #more: readonly string[];
  #last: { readonly request: string; readonly secrets: Secrets } | undefined;

  /** @param more keys that are not in the requests, such as a proxy's password */
  constructor(more: readonly string[]) {
    this.#more = more;
  }

  of({ headers, url }: SentRequest): Secrets {
    const request = JSON.stringify([headers, url.search]);
    if (this.#last?.request !== request) {
      this.#last = { request, secrets: findSecrets(headers, url, this.#more) };
    }
    return this.#last.secrets;
  }
}

function findSecrets(headers: SentRequest["headers"], url: URL, more: readonly string[]): Secrets {
  const keys = [...more];
  const values: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (harmless.has(name)) continue;
    values.push(value);
    if (name.endsWith("authorization")) keys.push(...credentials(value));
    else if (keyNames.test(name) || looksLikeKey(value)) keys.push(value);
  }
  for (const [name, value] of url.searchParams) if (keyNames.test(name)) keys.push(value);
  return { keys, values, mayBeIn: secretFilter({ keys, values }) };
}

/**
 * Whether an id may contain a part of the headers of one request, as they are. Preparing to find them in every form, as
 * `mayBeIn` does, would take longer than the request, and their signature is of no use for another one.
 */
export function sharesPart(id: string, values: readonly string[]): boolean {
  const all = values.join("\0").toLowerCase();
  const text = id.toLowerCase();
  for (let index = 0; index + leastOfKey <= text.length; index++) {
    if (all.includes(text.slice(index, index + leastOfKey))) return true;
  }
  return false;
}

/**
 * The credentials without their scheme: the key of `Bearer <key>`; of `Basic <base64>` the password too; of
 * `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` the key's id and the signature, but not the date, the
 * region and the names, which messages need.
 */
function credentials(value: string): string[] {
  const [, scheme = "", rest = value] = /^(\S+)\s+(.*)$/.exec(value) ?? [];
  if (/^aws4-/i.test(scheme)) return rest.split(/[\s,=/]+/).filter(looksLikeKey);
  if (!/^basic$/i.test(scheme)) return [rest];
  const pair = Buffer.from(rest, "base64").toString();
  return [rest, pair.slice(pair.indexOf(":") + 1)];
}

/** The user's texts in the JSON of a body, but not the short names at its top level, such as a model's. */
export function textsIn(json: string): string[] {
  const body: unknown = JSON.parse(json);
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
