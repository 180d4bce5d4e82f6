import type { FakeAsk, FakeReply, FakeRequest, FakeService } from "@llx/embeddings/testing";
import type { AwsCredentials } from "./aws-credentials.ts";
import { fakeModels } from "./fake-models.ts";
import { type BedrockModelFamily, familyOf } from "./model-families.ts";
import { signatureProblem } from "./verify-signature.ts";

/** Options of the fake Amazon Bedrock. */
export interface FakeBedrockOptions {
  /** The API key that it accepts. Default `fake-key-of-bedrock`. */
  readonly apiKey?: string | undefined;
  /** The credentials whose signatures it accepts too. Default: none. */
  readonly credentials?: Omit<AwsCredentials, "expiration"> | undefined;
  /** The region of signatures. Default `us-east-1`. */
  readonly region?: string | undefined;
  /** The model that it serves. Default `amazon.titan-embed-text-v2:0`. */
  readonly model?: string | undefined;
  /** The form of its requests, where the model does not show it. */
  readonly family?: BedrockModelFamily | undefined;
  /** Numbers in its embeddings where a request asks for none. Default: as many as the model has. */
  readonly dimensions?: number | undefined;
  /** How many milliseconds its clock is ahead of that of this machine. Default 0. */
  readonly clockAhead?: number | undefined;
}

/** As documented; what a request asks for has none of them where the model has no choice. */
const defaultDimensions: Readonly<Record<BedrockModelFamily, number>> = {
  "titan-v2": 1024,
  "titan-v1": 1536,
  "cohere-v3": 1024,
  "cohere-v4": 1536,
  nova: 3072,
};

/**
 * Amazon Bedrock as a client sees it, for tests: it checks each request as the service does, its signature included, and
 * responds in its forms. A text counts as one token per four characters, rounded up. The service states no wait when it
 * refuses a request, so neither does this.
 */
export function fakeBedrock(options: FakeBedrockOptions = {}): FakeService {
  const { apiKey = "fake-key-of-bedrock", credentials, region = "us-east-1", clockAhead = 0 } = options;
  const { model = "amazon.titan-embed-text-v2:0" } = options;
  const family = familyOf(model, options.family);
  const { dimensions = defaultDimensions[family] } = options;
  const path = `/model/${encodeURIComponent(model)}/invoke`;
  const service = fakeModels[family]({ apiKey, path, dimensions, refuse });
  /** Requests whose response is a plain list of vectors. */
  const plain = new WeakSet<FakeAsk>();
  return {
    ...service,
    read(request) {
      const { authorization = "" } = request.headers;
      if (authorization.startsWith("Bearer ")) {
        if (authorization !== `Bearer ${apiKey}`)
          return refuseAs(403, "AccessDeniedException", "Authentication failed: the API key is not valid.");
      } else {
        const refusal = refusalOf(request, authorization);
        if (refusal !== undefined) return refusal;
      }
      const read = service.read(request);
      if (family === "cohere-v3" && "texts" in read && !("embedding_types" in (request.body as object)))
        plain.add(read);
      return read;
    },
    answer(items, ask) {
      const reply = service.answer(items, ask);
      if (!plain.has(ask)) return reply;
      const embeddings = items.map(({ embedding }) => embedding);
      return { ...reply, body: { id: "fake-id", response_type: "embeddings_floats", embeddings } };
    },
  };

  function refusalOf(request: FakeRequest, authorization: string): FakeReply | undefined {
    if (authorization === "")
      return refuseAs(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
    if (credentials === undefined) {
      const message = "The security token included in the request is invalid.";
      return refuseAs(403, "UnrecognizedClientException", message);
    }
    const key = { ...credentials, region, service: "bedrock" };
    const problem = signatureProblem(request, key, Date.now() + clockAhead);
    return problem && refuseAs(403, problem.type, problem.message);
  }
}

/** Of the errors of InvokeModel. */
const errorTypes: Readonly<Record<number, string>> = {
  400: "ValidationException",
  403: "AccessDeniedException",
  404: "ResourceNotFoundException",
  408: "ModelTimeoutException",
  424: "ModelErrorException",
  429: "ThrottlingException",
  500: "InternalServerException",
  503: "ServiceUnavailableException",
};

function refuse(status: number, message: string): FakeReply {
  return refuseAs(status, errorTypes[status], message);
}

function refuseAs(status: number, type: string | undefined, message: string): FakeReply {
  return { status, headers: type === undefined ? {} : { "x-amzn-errortype": type }, body: { message } };
}
