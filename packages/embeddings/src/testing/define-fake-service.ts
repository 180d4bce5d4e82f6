import { Buffer } from "node:buffer";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import type { FakeAsk, FakeItem, FakeReply, FakeService } from "./fake-service.ts";
import { type FakeFields, type FakeFieldValues, fieldProblem } from "./field-problem.ts";

/** What a fake service accepts, and the form of its responses. */
export interface FakeServiceDefinition<F extends FakeFields> {
  /** The key that it accepts. */
  readonly apiKey: string;
  /** The headers that carry the key, in lower case. A request without them is refused with status 401. */
  readonly keyHeaders: Readonly<Record<string, string>>;
  /** Without the query, such as `/v1/embeddings`. */
  readonly path: string;
  /** The only value of the field `model`; absent where a request has no such field, as its path names the model. */
  readonly model?: string | undefined;
  /** Numbers in an embedding, unless `read` returns another number. */
  readonly dimensions: number;
  readonly texts: FakeTexts<F>;
  /**
   * Makes a flat body, with one list of texts, of one whose fields are nested or repeated for each text; a string says
   * why it is refused. Unknown fields must stay, or be refused here.
   */
  readonly flatten?:
    | ((body: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>> | string)
    | undefined;
  /** The other fields. */
  readonly fields: F;
  /** Whether a request may have fields that are not defined; by default, it may not. */
  readonly allowsMore?: ((values: FakeFieldValues<F>) => boolean) | undefined;
  /** What the fields ask for, where that is not floats as JSON with the dimensions above. */
  readonly read?: ((values: FakeFieldValues<F>) => Partial<Omit<FakeAsk, "texts">>) | undefined;
  /** The body and the headers of a response. A text counts as one token per four characters, rounded up. */
  readonly respond: (items: readonly FakeItem[], tokens: number, ask: FakeAsk) => Omit<FakeReply, "status">;
  /**
   * A refusal in the form of the service; `wait` is how many milliseconds it asks to wait, for a service that states
   * that.
   */
  readonly refuse: (status: number, message: string, wait?: number) => FakeReply;
  /** The refusal of a wrong or missing key, where that is not `refuse(401, …)`. */
  readonly refuseKey?: ((message: string) => FakeReply) | undefined;
  /**
   * The refusal of a body whose fields are missing, unknown or of other values, for services that check them apart from
   * their limits. Default: `refuse` with status 400.
   */
  readonly refuseFields?: ((message: string) => FakeReply) | undefined;
}

/** The field of the texts, and which ones it accepts. */
export interface FakeTexts<F extends FakeFields> {
  /** Such as `input`. */
  readonly field: string;
  readonly limits: EmbeddingLimits;
  /** Whether it may be a string instead of an array; by default, it may not. */
  readonly single?: boolean | undefined;
  /** Whether a text may be only white space; by default, it may not. An empty text is refused in any case. */
  readonly blank?: boolean | undefined;
  /** Whether texts are cut to `tokensPerInput` instead of being refused; by default, they are not. */
  readonly truncates?: ((values: FakeFieldValues<F>) => boolean) | undefined;
}

/**
 * A fake for a service that takes JSON by `POST`, with one list of texts. It refuses whatever is not
 * defined. A service of another kind implements {@link FakeService} itself.
 *
 * @example
 * ```ts
 * const service = defineFakeService({
 *   apiKey: "fake-key-of-tulip",
 *   keyHeaders: { "x-api-key": "fake-key-of-tulip" },
 *   path: "/v1/embed",
 *   model: "tulip-1",
 *   dimensions: 768,
 *   fields: { purpose: ["store", "search"], size: [{ from: 1, to: 768 }, undefined] },
 *   texts: { field: "texts", limits: { inputs: 128 } },
 *   read: ({ size = 768 }) => ({ dimensions: size }),
 *   respond: (items, tokens) => ({ body: { vectors: items, usage: { tokens } } }),
 *   refuse: (status, message) => ({ status, body: { reason: message } }),
 * });
 * ```
 */
export function defineFakeService<const F extends FakeFields>(
  definition: FakeServiceDefinition<F>,
): FakeService {
  const { apiKey, keyHeaders, texts, respond, refuse } = definition;
  const { refuseKey = (message) => refuse(401, message) } = definition;
  const { refuseFields = (message: string) => refuse(400, message) } = definition;
  return {
    apiKey,
    read({ method, path, headers, body }) {
      if (path.replace(/\?.*$/s, "") !== definition.path) return refuse(404, `there is nothing at ${path}`);
      if (method !== "POST") return refuse(405, `${method} is not allowed here`);
      if (Object.entries(keyHeaders).some(([name, value]) => headers[name] !== value)) {
        return refuseKey("the API key is not valid");
      }
      if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) {
        return refuse(400, "the content type must be application/json");
      }
      const read = readBody(body, definition);
      if (typeof read === "string") return refuseFields(read);
      const problem = limitProblem(read, definition);
      return problem === undefined ? read.ask : refuse(400, problem);
    },
    answer(items, ask) {
      const { tokensPerInput = Infinity } = texts.limits;
      const tokens = ask.texts.reduce((sum, text) => sum + Math.min(tokensOf(text), tokensPerInput), 0);
      return { status: 200, ...respond(items, tokens, ask) };
    },
    refuse,
    countTokens: tokensOf,
  };
}

/** A body whose fields are accepted. */
interface ReadBody {
  readonly ask: FakeAsk;
  /** Whether its texts are cut. */
  readonly truncated: boolean;
}

/** What a body asks for, or why its fields are refused. */
function readBody<F extends FakeFields>(
  body: unknown,
  { model, dimensions, texts, flatten, fields, allowsMore, read }: FakeServiceDefinition<F>,
): ReadBody | string {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return "the body must be an object";
  const sent = body as Readonly<Record<string, unknown>>;
  const given = flatten === undefined ? sent : flatten(sent);
  if (typeof given === "string") return given;
  if (model !== undefined && given["model"] !== model) return `model must be ${model}`;
  const problem = fieldProblem(given, fields);
  if (problem !== undefined) return problem;
  const values = given as FakeFieldValues<F>;
  const known = new Set([...(model === undefined ? [] : ["model"]), texts.field, ...Object.keys(fields)]);
  const unknown = Object.keys(given).find((name) => !known.has(name));
  if (unknown !== undefined && allowsMore?.(values) !== true) return `there is no field ${unknown}`;
  const value = given[texts.field];
  const { field, single = false } = texts;
  const list: unknown = single && typeof value === "string" ? [value] : value;
  if (!Array.isArray(list)) return `${field} must be ${single ? "a string or " : ""}an array of strings`;
  const wrong = list.findIndex((text) => typeof text !== "string");
  if (wrong !== -1) return `${field}[${wrong}] must be a string`;
  const ask: FakeAsk = {
    texts: list as string[],
    dimensions,
    elementType: "float",
    encoding: "json",
    ...read?.(values),
  };
  return { ask, truncated: texts.truncates?.(values) === true };
}

function limitProblem<F extends FakeFields>(
  { ask, truncated }: ReadBody,
  { texts: { field, limits, blank = false } }: FakeServiceDefinition<F>,
): string | undefined {
  const {
    inputs,
    charactersPerInput = Infinity,
    tokensPerInput = Infinity,
    bytesPerInput = Infinity,
  } = limits;
  const { texts } = ask;
  if (texts.length < 1 || texts.length > inputs)
    return `${field} must have 1 to ${inputs} texts, not ${texts.length}`;
  const sums = { characters: 0, bytes: 0, tokens: 0 };
  for (const [index, text] of texts.entries()) {
    const name = `${field}[${index}]`;
    if ((blank ? text : text.trim()) === "") return `${name} is ${blank ? "empty" : "blank"}`;
    if (text.length > charactersPerInput) return `${name} has more than ${charactersPerInput} characters`;
    const bytes = Buffer.byteLength(text);
    if (bytes > bytesPerInput) return `${name} has more than ${bytesPerInput} bytes`;
    if (tokensOf(text) > tokensPerInput && !truncated)
      return `${name} has more than ${tokensPerInput} tokens`;
    sums.characters += text.length;
    sums.bytes += bytes;
    sums.tokens += Math.min(tokensOf(text), tokensPerInput);
  }
  for (const unit of ["characters", "bytes", "tokens"] as const) {
    const { [unit]: most = Infinity } = limits;
    if (sums[unit] > most) return `${field} has ${sums[unit]} ${unit}, at most ${most} are allowed`;
  }
  return undefined;
}

/** A rule instead of a tokenizer. */
function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}
