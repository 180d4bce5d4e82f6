import type { ElementType } from "../contract/element-type.ts";

/** A request as it reached a fake server. */
export interface FakeRequest {
  readonly method: string;
  /** With the query, as in `/v1/embeddings?x=1`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON; `undefined` where the body is none. */
  readonly body: unknown;
}

/** What a fake server answers. */
export interface FakeReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** A string is sent as it is, as HTML where it begins with `<`; anything else as JSON. */
  readonly body: unknown;
}

/** What a request that a service accepts asks for. */
export interface FakeAsk {
  readonly texts: readonly string[];
  readonly dimensions: number;
  readonly elementType: ElementType;
  readonly encoding: "json" | "base64";
}

/** One vector of an answer; a string is base64. */
export interface FakeItem {
  readonly index: number;
  readonly embedding: readonly (number | null)[] | string;
}

/** A provider's service, as far as a client can tell: what it accepts, and how it answers. */
export interface FakeService {
  /** The key that it takes. */
  readonly apiKey: string;
  /** Checks a request as the real service does: the address, the key, every field, the limits. */
  read(request: FakeRequest): FakeAsk | FakeReply;
  /** The answer with these vectors. */
  answer(items: readonly FakeItem[], ask: FakeAsk): FakeReply;
  /** The form in which the service refuses. */
  refuse(status: number, message: string): FakeReply;
}

export function isReply(read: FakeAsk | FakeReply): read is FakeReply {
  return "status" in read;
}
