import type { ElementType } from "../contract/element-type.ts";
import type { EmbeddingLimits } from "../contract/embedding-limits.ts";

/** A request that has reached a fake server. */
export interface FakeRequest {
  readonly method: string;
  /** With the query, as in `/v1/embeddings?x=1`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON; `undefined` where the body is not JSON. */
  readonly body: unknown;
  /** The body as it was sent: a service may check a signature of it. */
  readonly text?: string | undefined;
}

/** The response of a fake server. */
export interface FakeReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A string is sent unchanged, as HTML where it begins with `<`; anything else as JSON. */
  readonly body: unknown;
}

/** What an accepted request asks for. */
export interface FakeAsk {
  readonly texts: readonly string[];
  readonly dimensions: number;
  readonly elementType: ElementType;
  readonly encoding: "json" | "base64";
}

/** One vector of a response; a string is base64. */
export interface FakeItem {
  readonly index: number;
  readonly embedding: readonly (number | null)[] | string;
}

/** What an accepted request to a reranker asks for. */
export interface FakeRerankAsk {
  readonly query: string;
  readonly texts: readonly string[];
  /** How many results it wants: at most as many as there are texts. */
  readonly topN: number;
}

/** One result of a response. */
export interface FakeRanked {
  readonly index: number;
  readonly score: number | null;
}

/** The part of a service that ranks texts. */
export interface FakeRerankPart {
  /** Its path, without the query. */
  readonly path: string;
  /** Checks a request as the real service does: the address, the key, every field, the limits. */
  read(request: FakeRequest): FakeRerankAsk | FakeReply;
  /** The response with these results. */
  answer(results: readonly FakeRanked[], ask: FakeRerankAsk): FakeReply;
}

/** A provider's service as a client sees it: the requests that it accepts, and its responses. */
export interface FakeService {
  /** The key that it accepts. */
  readonly apiKey: string;
  /** Checks a request as the real service does: the address, the key, every field, the limits. */
  read(request: FakeRequest): FakeAsk | FakeReply;
  /** The response with these vectors. */
  answer(items: readonly FakeItem[], ask: FakeAsk): FakeReply;
  /**
   * A refusal in the form of the service.
   *
   * @param wait milliseconds that it asks to wait, stated where the service states it; ignored where it states none
   */
  refuse(status: number, message: string, wait?: number): FakeReply;
  /** Counts the tokens of a text as `read` does; needed where a provider declares limits of tokens. */
  readonly countTokens?: ((text: string) => number) | undefined;
  /** The limits that `read` enforces, where it states them: the suite compares them with those of the model. */
  readonly limits?: EmbeddingLimits | undefined;
  /** Its part that ranks texts, if it has one. */
  readonly rerank?: FakeRerankPart | undefined;
}

export function isReply(read: object): read is FakeReply {
  return "status" in read;
}
