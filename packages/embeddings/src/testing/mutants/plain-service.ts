import type { ElementType } from "../../contract/element-type.ts";
import type { EmbeddingLimits } from "../../contract/embedding-limits.ts";
import type { FakeReply, FakeRequest, FakeService } from "../fake-service.ts";

export interface PlainServiceOptions {
  readonly limits: EmbeddingLimits;
  readonly elementType: ElementType;
  readonly dimensions: number;
}

interface PlainBody {
  readonly model?: unknown;
  readonly input?: unknown;
  readonly input_type?: unknown;
  readonly encoding_format?: unknown;
}

/** A service with a common API: `POST /v1/embeddings`. */
export function plainService({ limits, elementType, dimensions }: PlainServiceOptions): FakeService {
  const apiKey = "plain-secret-key-0123456789";
  return {
    apiKey,
    refuse,
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
      const sum = texts.join("").length;
      if (!texts.every((text) => typeof text === "string" && text.trim() !== "" && text.isWellFormed())) {
        return refuse(400, "input must hold texts");
      }
      if (texts.length > limits.inputs || sum > (limits.characters ?? Infinity))
        return refuse(413, "too much");
      if (texts.some(({ length }) => length > (limits.charactersPerInput ?? Infinity)))
        return refuse(413, "too long");
      return { texts, dimensions, elementType, encoding };
    },
    answer(items, { texts }) {
      const tokens = texts.reduce((total, { length }) => total + length, 0);
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

function refuse(status: number, message: string): FakeReply {
  return { status, body: { error: { message } } };
}
