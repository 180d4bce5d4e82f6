import type { RerankLimits } from "../rerank/rerank-limits.ts";
import type { FakeRanked, FakeReply, FakeRerankAsk, FakeRerankPart } from "./fake-service.ts";
import type { FakeFields } from "./field-problem.ts";
import { readFields, refuseHead, type Refusals } from "./read-fields.ts";
import { tokensOf } from "./tokens-of.ts";

/** The part of a fake service that ranks texts. The field of the query is `query`. */
export interface FakeRerankDefinition {
  /** Without the query, such as `/v1/rerank`. */
  readonly path: string;
  /** The only value of the field `model`. */
  readonly model: string;
  readonly texts: FakeRerankTexts;
  /** The field of how many results a request wants, such as `top_n`. */
  readonly topN: string;
  /** The other fields. */
  readonly fields: FakeFields;
  /**
   * The body and the headers of a response.
   *
   * @param tokens with the query once for each text; four characters count as one, rounded up
   */
  readonly respond: (
    results: readonly FakeRanked[],
    tokens: number,
    ask: FakeRerankAsk,
  ) => Omit<FakeReply, "status">;
}

/** The field of the texts, and which ones it accepts. */
interface FakeRerankTexts {
  /** Such as `documents`. */
  readonly field: string;
  readonly limits: RerankLimits;
  /** Whether a text may be only white space; by default, it may not. An empty text is refused in any case. */
  readonly blank?: boolean | undefined;
  /** Whether what is too long is cut instead of being refused; by default, it is not. */
  readonly truncates?: ((values: Readonly<Record<string, unknown>>) => boolean) | undefined;
}

export function defineRerankPart(
  { path, model, texts, topN, fields, respond }: FakeRerankDefinition,
  refusals: Refusals,
): FakeRerankPart {
  const bad = (message: string): FakeReply => refusals.refuse(400, message);
  const { refuseFields = bad, refuseTexts = refuseFields, refuseLimits = bad } = refusals;
  const all: FakeFields = { ...fields, query: "any", [topN]: [{ from: 1 }, null, undefined] };
  return {
    path,
    read(request) {
      const refusal = refuseHead(request, path, refusals);
      if (refusal !== undefined) return refusal;
      const sent = readFields(request.body, { model, texts, fields: all });
      if (typeof sent === "string") return refuseFields(sent);
      const { query, [topN]: most } = sent.values;
      if (typeof query !== "string") return refuseFields("query must be a string");
      const count = sent.texts.length;
      const ask = {
        query,
        texts: sent.texts,
        topN: Math.min(typeof most === "number" ? most : count, count),
      };
      const problem = textProblem(ask, texts);
      if (problem !== undefined) return refuseTexts(problem);
      const over = limitProblem(ask, texts, texts.truncates?.(sent.values) === true);
      return over === undefined ? ask : refuseLimits(over);
    },
    answer(results, ask) {
      return { status: 200, ...respond(results, tokensOfAll(ask), ask) };
    },
  };
}

/** With the query once for each text. */
function tokensOfAll({ query, texts }: FakeRerankAsk): number {
  return texts.reduce((sum, text) => sum + tokensOf(query) + tokensOf(text), 0);
}

/** No texts, or one without content: no limit is exceeded. */
function textProblem(
  { query, texts }: FakeRerankAsk,
  { field, blank = false, limits }: FakeRerankTexts,
): string | undefined {
  const isBlank = (text: string): boolean => (blank ? text : text.trim()) === "";
  if (texts.length === 0) return countProblem(field, limits, 0);
  if (isBlank(query)) return "query is blank";
  const empty = texts.findIndex(isBlank);
  return empty === -1 ? undefined : `${field}[${empty}] is blank`;
}

function countProblem(field: string, { inputs = Infinity }: RerankLimits, count: number): string {
  return `${field} must have 1 to ${inputs} texts, not ${count}`;
}

function limitProblem(
  ask: FakeRerankAsk,
  { field, limits }: FakeRerankTexts,
  truncated: boolean,
): string | undefined {
  const { inputs = Infinity } = limits;
  const count = ask.texts.length;
  if (count > inputs) return countProblem(field, limits, count);
  return truncated ? undefined : tokenProblem(ask, field, limits);
}

function tokenProblem(
  ask: FakeRerankAsk,
  field: string,
  {
    tokensPerQuery = Infinity,
    tokensPerInput = Infinity,
    tokensPerPair = Infinity,
    tokens = Infinity,
  }: RerankLimits,
): string | undefined {
  const { query, texts } = ask;
  const ofQuery = tokensOf(query);
  if (ofQuery > tokensPerQuery) return `query has more than ${tokensPerQuery} tokens`;
  const long = texts.findIndex((text) => tokensOf(text) > tokensPerInput);
  if (long !== -1) return `${field}[${long}] has more than ${tokensPerInput} tokens`;
  const pair = texts.findIndex((text) => ofQuery + tokensOf(text) > tokensPerPair);
  if (pair !== -1) return `query and ${field}[${pair}] have more than ${tokensPerPair} tokens`;
  const all = tokensOfAll(ask);
  return all > tokens ? `the request has ${all} tokens, at most ${tokens} are allowed` : undefined;
}
