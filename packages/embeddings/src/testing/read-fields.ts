import type { FakeReply, FakeRequest } from "./fake-service.ts";
import { type FakeFields, type FakeFieldValues, fieldProblem } from "./field-problem.ts";

/** How a fake service refuses. */
export interface Refusals {
  /** The headers that carry the key, in lower case. */
  readonly keyHeaders: Readonly<Record<string, string>>;
  readonly refuse: (status: number, message: string) => FakeReply;
  readonly refuseKey?: ((message: string) => FakeReply) | undefined;
  readonly refuseFields?: ((message: string) => FakeReply) | undefined;
  readonly refuseTexts?: ((message: string) => FakeReply) | undefined;
  readonly refuseLimits?: ((message: string) => FakeReply) | undefined;
}

/** Why a request is refused before its body is read. */
export function refuseHead(
  { method, path: requested, headers }: FakeRequest,
  path: string,
  {
    keyHeaders,
    refuse,
    refuseKey = (message) => refuse(401, message),
    refuseFields = (message) => refuse(400, message),
  }: Refusals,
): FakeReply | undefined {
  if (requested.replace(/\?.*$/s, "") !== path) return refuse(404, `there is nothing at ${requested}`);
  if (method !== "POST") return refuse(405, `${method} is not allowed here`);
  if (Object.entries(keyHeaders).some(([name, value]) => headers[name] !== value)) {
    return refuseKey("the API key is not valid");
  }
  if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) {
    return refuseFields("the content type must be application/json");
  }
  return undefined;
}

/** Which fields a body has. */
interface BodyFields<F extends FakeFields> {
  readonly model?: string | undefined;
  readonly texts: { readonly field: string; readonly single?: boolean | undefined };
  readonly fields: F;
  readonly flatten?:
    | ((body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | string)
    | undefined;
  readonly allowsMore?: ((values: FakeFieldValues<F>) => boolean) | undefined;
}

/** A body whose fields are accepted. */
interface ReadFields {
  readonly values: Readonly<Record<string, unknown>>;
  readonly texts: readonly string[];
}

/** The fields of a body, or why they are refused. */
export function readFields<F extends FakeFields>(
  body: unknown,
  { model, texts: { field, single = false }, fields, flatten, allowsMore }: BodyFields<F>,
): ReadFields | string {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "the body must be an object";
  const sent = body as Readonly<Record<string, unknown>>;
  const given = flatten === undefined ? sent : flatten(sent);
  if (typeof given === "string") return given;
  if (model !== undefined && given["model"] !== model) return `model must be ${model}`;
  const problem = fieldProblem(given, fields);
  if (problem !== undefined) return problem;
  const known = new Set([...(model === undefined ? [] : ["model"]), field, ...Object.keys(fields)]);
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined && allowsMore?.(given as FakeFieldValues<F>) !== true) {
    return `there is no field ${unknown}`;
  }
  const value = given[field];
  const list: unknown = single && typeof value === "string" ? [value] : value;
  if (!Array.isArray(list)) return `${field} must be ${single ? "a string or " : ""}an array of strings`;
  const wrong = list.findIndex((text) => typeof text !== "string");
  if (wrong !== -1) return `${field}[${wrong}] must be a string`;
  return { values: given, texts: list as string[] };
}
