import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import type { FakeReply, FakeRequest, FakeService } from "../fake-service.ts";
import { overLimit } from "../over-limit.ts";

export interface PlainServiceOptions {
  readonly limits: EmbeddingLimits;
  readonly elementType: ElementType;
  readonly dimensions: number;
  /** Default: a token is a word. */
  readonly countTokens?: ((text: string) => number) | undefined;
}

interface PlainBody {
  readonly model?: unknown;
  readonly input?: unknown;
  readonly input_type?: unknown;
  readonly encoding_format?: unknown;
}

/** A service with a common API: `POST /v1/embeddings`. */
export function plainService({
  limits,
  elementType,
  dimensions,
  countTokens = countWords,
}: PlainServiceOptions): FakeService {
  const apiKey = "plain-secret-key-0123456789";
  return {
    apiKey,
    refuse,
    countTokens,
    limits,
    read({ method, path, headers, body }: FakeRequest) {
      if (method !== "POST" || path !== "/v1/embeddings") return refuse(404, "no such address");
      if (headers["authorization"] !== `Bearer ${apiKey}`) return refuse(401, "wrong key");
      const {
        model,
        input,
        input_type: inputType,
        encoding_format: encoding = "json",
      } = (body ?? {}) as PlainBody;
      if (model !== "plain-1") return refuse(404, "no such model");
      if (inputType !== "document" && inputType !== "query") return refuse(400, "wrong input_type");
      if (encoding !== "json" && encoding !== "base64") return refuse(400, "wrong encoding_format");
      if (!Array.isArray(input) || input.length === 0) return refuse(400, "input must be a list");
      const texts = input as readonly string[];
      if (!texts.every((text) => typeof text === "string" && text.trim() !== "" && text.isWellFormed())) {
        return refuse(400, "input must hold texts");
      }
      const over = overLimit(texts, limits, countTokens);
      if (over !== undefined) return refuse(413, `more than ${over}`);
      return { texts, dimensions, elementType, encoding };
    },
    answer(items, { texts }) {
      const tokens = texts.reduce((total, text) => total + countTokens(text), 0);
      return {
        status: 200,
        headers: { "x-request-id": `request-of-${texts.length}` },
        body: {
          model: "plain-1",
          data: items,
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        },
      };
    },
  };
}

function refuse(status: number, message: string, wait?: number): FakeReply {
  const headers = wait === undefined ? undefined : { "retry-after-ms": String(wait) };
  return { status, headers, body: { error: { message } } };
}

function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
