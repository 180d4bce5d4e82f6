import {
  AccessDeniedException,
  BedrockRuntimeClient,
  InvokeModelCommand,
  ThrottlingException,
  ValidationException,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { fakeVector, startEmbeddingServer } from "@llx/embeddings/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fakeBedrock, type FakeBedrockOptions } from "./fake-bedrock.ts";
import { bedrockEmbedding } from "./index.ts";

const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "IQoJb3JpZ2luX2VjEXAMPLE/token+of==",
};
const region = "eu-central-1";
const titan = "amazon.titan-embed-text-v2:0";

const cleanUps: (() => unknown)[] = [];

beforeEach(() => {
  // Nothing of the machine's own configuration, which the SDK reads.
  vi.stubEnv("AWS_CONFIG_FILE", "/dev/null");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
  vi.stubEnv("AWS_BEARER_TOKEN_BEDROCK", undefined);
});

afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()));
  vi.unstubAllEnvs();
});

/** A service, and the client of AWS for it. */
async function start(fake: FakeBedrockOptions = {}, more: object = {}) {
  const server = await startEmbeddingServer(fakeBedrock({ credentials, region, ...fake }));
  const client = new BedrockRuntimeClient({
    endpoint: server.url,
    region,
    credentials,
    maxAttempts: 1,
    // Its default speaks HTTP/2 alone, also without TLS.
    requestHandler: new NodeHttpHandler(),
    ...more,
  });
  cleanUps.push(() => {
    client.destroy();
    return server.aclose();
  });
  const invoke = async (modelId: string, body: object) => {
    const command = new InvokeModelCommand({
      modelId,
      contentType: "application/json",
      body: JSON.stringify(body),
    });
    const response = await client.send(command);
    return JSON.parse(response.body.transformToString()) as Record<string, unknown>;
  };
  return { server, invoke };
}

/** As numbers in JSON arrive. */
const floats = (numbers: unknown): Float32Array => Float32Array.from(numbers as number[]);

describe("the AWS SDK, with the fake of Amazon Bedrock", () => {
  it("invokes Titan with a signature that the fake has checked", async () => {
    const { server, invoke } = await start();
    const body = await invoke(titan, { inputText: "häßlich 🙂", dimensions: 256 });
    expect(floats(body["embedding"])).toEqual(fakeVector("häßlich 🙂", 256));
    expect(body["inputTextTokenCount"]).toBe(3);
    const { headers, path } = server.requests[0]!;
    expect(headers["authorization"]).toContain("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/");
    expect(path).toBe("/model/amazon.titan-embed-text-v2%3A0/invoke");
  });

  it("invokes Cohere, and an ARN", async () => {
    const model = "arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/a1b2c3";
    const { invoke } = await start({ model, family: "cohere-v4" });
    const body = await invoke(model, {
      texts: ["a", "b"],
      input_type: "search_document",
      embedding_types: ["float"],
      output_dimension: 256,
    });
    const { float } = body["embeddings"] as { float: number[][] };
    expect(float.map(floats)).toEqual([fakeVector("a", 256), fakeVector("b", 256)]);
  });

  it("authorizes with an API key", async () => {
    vi.stubEnv("AWS_BEARER_TOKEN_BEDROCK", "key-of-bedrock");
    const { server, invoke } = await start({ apiKey: "key-of-bedrock" }, { credentials: undefined });
    await invoke(titan, { inputText: "a" });
    expect(server.requests[0]!.headers["authorization"]).toBe("Bearer key-of-bedrock");
  });

  it("reads the errors of the fake as its own", async () => {
    const { server, invoke } = await start();
    await expect(invoke(titan, { inputText: "" })).rejects.toBeInstanceOf(ValidationException);
    server.plan({ kind: "status", status: 429, message: "Too many requests" });
    await expect(invoke(titan, { inputText: "a" })).rejects.toBeInstanceOf(ThrottlingException);
    server.plan({ kind: "status", status: 403, message: "No access" });
    await expect(invoke(titan, { inputText: "a" })).rejects.toBeInstanceOf(AccessDeniedException);
  });

  it("is refused with another secret", async () => {
    const { invoke } = await start({}, { credentials: { ...credentials, secretAccessKey: "another" } });
    await expect(invoke(titan, { inputText: "a" })).rejects.toMatchObject({
      name: "InvalidSignatureException",
      message: "The request signature we calculated does not match the signature you provided.",
    });
  });

  it("sends a model's id in the path as this package does", async () => {
    const { server, invoke } = await start();
    await using embedder = bedrockEmbedding({ baseUrl: server.url, region, credentials });
    await invoke(titan, { inputText: "a" });
    await embedder.getTextEmbedding("a");
    const [theirs, ours] = server.requests;
    expect(ours!.path).toBe(theirs!.path);
    expect(ours!.text).toBe(theirs!.text);
    const scopes = server.requests.map(
      ({ headers: { authorization = "" } }) => /Credential=[^,]+/.exec(authorization)?.[0],
    );
    expect(scopes[0]).toMatch(/\/eu-central-1\/bedrock\/aws4_request$/);
    expect(scopes[1]).toBe(scopes[0]);
  });
});
