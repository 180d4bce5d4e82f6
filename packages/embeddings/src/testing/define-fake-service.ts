import { Buffer } from "node:buffer";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";
import { defineRerankPart, type FakeRerankDefinition } from "./define-rerank-part.ts";
import { readFields, refuseHead } from "./read-fields.ts";
import { tokensOf } from "./tokens-of.ts";
import type { FakeAsk, FakeItem, FakeReply, FakeService } from "./fake-service.ts";
import type { FakeFields, FakeFieldValues } from "./field-problem.ts";

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
   * The refusal of a body that is not JSON, or whose fields are missing, unknown or of other values, for services that check
   * them apart from their limits. Default: `refuse` with status 400.
   */
  readonly refuseFields?: ((message: string) => FakeReply) | undefined;
  /** The refusal of a body without texts, or with an empty one. Default: as of other wrong fields. */
  readonly refuseTexts?: ((message: string) => FakeReply) | undefined;
  /** The refusal of a body above one of the limits, such as with status 413. Default: `refuse` with status 400. */
  readonly refuseLimits?: ((message: string) => FakeReply) | undefined;
  /** Its part that ranks texts, if it has one: with the same key, and the same refusals. */
  readonly rerank?: FakeRerankDefinition | undefined;
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
  const { apiKey, texts, respond, refuse, rerank } = definition;
  const bad = (message: string): FakeReply => refuse(400, message);
  const { refuseFields = bad, refuseTexts = refuseFields, refuseLimits = bad } = definition;
  return {
    apiKey,
    rerank: rerank && defineRerankPart(rerank, definition),
    read(request) {
      const refusal = refuseHead(request, definition.path, definition);
      if (refusal !== undefined) return refusal;
      const read = readBody(request.body, definition);
      if (typeof read === "string") return refuseFields(read);
      const problem = textProblem(read.ask, texts);
      if (problem !== undefined) return refuseTexts(problem);
      const over = limitProblem(read, texts);
      return over === undefined ? read.ask : refuseLimits(over);
    },
    answer(items, ask) {
      const { tokensPerInput = Infinity } = texts.limits;
      const tokens = ask.texts.reduce((sum, text) => sum + Math.min(tokensOf(text), tokensPerInput), 0);
      return { status: 200, ...respond(items, tokens, ask) };
    },
    refuse,
    countTokens: tokensOf,
    limits: texts.limits,
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
  const sent = readFields(body, { model, texts, flatten, fields, allowsMore });
  if (typeof sent === "string") return sent;
  const values = sent.values as FakeFieldValues<F>;
  const ask: FakeAsk = {
    texts: sent.texts,
    dimensions,
    elementType: "float",
    encoding: "json",
    ...read?.(values),
  };
  return { ask, truncated: texts.truncates?.(values) === true };
}

/** No texts, or one without content: no limit is exceeded. */
function textProblem<F extends FakeFields>(
  { texts }: FakeAsk,
  { field, limits, blank = false }: FakeTexts<F>,
): string | undefined {
  if (texts.length === 0) return countProblem(field, limits, 0);
  const empty = texts.findIndex((text) => (blank ? text : text.trim()) === "");
  return empty === -1 ? undefined : `${field}[${empty}] is ${blank ? "empty" : "blank"}`;
}

function countProblem(field: string, { inputs }: EmbeddingLimits, count: number): string {
  return `${field} must have 1 to ${inputs} texts, not ${count}`;
}

function limitProblem<F extends FakeFields>(
  { ask, truncated }: ReadBody,
  { field, limits }: FakeTexts<F>,
): string | undefined {
  const {
    inputs,
    charactersPerInput = Infinity,
    tokensPerInput = Infinity,
    bytesPerInput = Infinity,
  } = limits;
  const { texts } = ask;
  if (texts.length > inputs) return countProblem(field, limits, texts.length);
  const sums = { characters: 0, bytes: 0, tokens: 0 };
  for (const [index, text] of texts.entries()) {
    const name = `${field}[${index}]`;
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
