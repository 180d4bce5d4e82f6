import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { authorize } from "./authorize.ts";
import { signatureProblem } from "./verify-signature.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "a-secret/with+signs" };
const region = () => "eu-central-1";
const body = '{"inputText":"häßlich 🙂"}';
const url = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/amazon.titan-embed-text-v2%3A0/invoke";
const request = { method: "POST", url, body, headers: { "content-type": "application/json" } } as const;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-28T23:36:00.500Z") });
  for (const name of [
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
  ]) {
    vi.stubEnv(name, "");
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

describe("a signature", () => {
  const sign = async (given: object, more: object = {}) => {
    const signed = { ...request, ...more };
    const headers = Object.fromEntries(
      [
        ...((await authorize("Amazon Bedrock", { credentials, ...given }, region)(signed)) as [
          string,
          string,
        ][]),
      ].map(([name, value]) => [name.toLowerCase(), value]),
    );
    const { host, pathname, search } = new URL(signed.url);
    const sent = { ...signed.headers, ...headers, host };
    return { method: "POST", path: pathname + search, headers: sent, body: undefined, text: body };
  };
  const key = { ...credentials, region: "eu-central-1", service: "bedrock" };
  const problemOf = async (given: object, more?: object, sessionToken?: string) =>
    signatureProblem(await sign(given, more), { ...key, sessionToken }, Date.now());

  it("is one that AWS accepts", async () => {
    expect(await problemOf({})).toBeUndefined();
    const { headers } = await sign({});
    expect(headers).toMatchObject({
      "x-amz-date": "20261128T233600Z",
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\/20261128\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[\da-f]{64}$/,
      ) as string,
    });
    expect(Object.keys(headers)).toHaveLength(4);
  });

  it.each([
    ["a session token", { credentials: { ...credentials, sessionToken: "a+token/=" } }, {}, "a+token/="],
    ["an ARN in the path", {}, { url: url.replace("/model/", "/model/arn%3Aaws%3Abedrock%3A%3A1%2F") }],
    ["a port and a query", {}, { url: "http://127.0.0.1:4566/model/a/invoke?b=c%20d&a=1%2F2" }],
    ["other headers of AWS", {}, { headers: { "x-amz-meta": "a  b", "content-type": "application/json" } }],
    ["headers that a proxy may change", {}, { headers: { ...request.headers, accept: "*/*", via: "b" } }],
  ])("is valid with %s", async (_what, given, more, token?: string) => {
    expect(await problemOf(given, more, token)).toBeUndefined();
  });

  it("covers the body", async () => {
    const signed = await sign({});
    expect(signatureProblem({ ...signed, text: `${body} ` }, key, Date.now())).toMatchObject({
      type: "InvalidSignatureException",
    });
  });
});

describe("what requests are authorized by", () => {
  const authorizationOf = async (given: object): Promise<string> => {
    const headers = await authorize("Amazon Bedrock", given, region)(request);
    return new Headers(headers as Record<string, string>).get("authorization")!;
  };

  it("is the option, and then the environment, with a key before credentials", async () => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAENV");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
    expect(await authorizationOf({})).toContain("Credential=AKIAENV/");
    vi.stubEnv("AWS_BEARER_TOKEN_BEDROCK", " key-of-env ");
    expect(await authorizationOf({})).toBe("Bearer key-of-env");
    expect(await authorizationOf({ apiKey: "key" })).toBe("Bearer key");
    expect(await authorizationOf({ credentials })).toContain("Credential=AKIAEXAMPLE/");
  });

  it("needs no region for a key", () => {
    const noRegion = () => {
      throw new TypeError("no region");
    };
    authorize("Amazon Bedrock", { apiKey: "key" }, noRegion);
    expect(() => authorize("Amazon Bedrock", { credentials }, noRegion)).toThrow("no region");
  });

  it.each([
    [
      {},
      "no credentials for Amazon Bedrock: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and " +
        "AWS_SECRET_ACCESS_KEY, or give the option apiKey or credentials",
    ],
    [{ apiKey: "" }, "the apiKey for Amazon Bedrock is empty"],
    [{ apiKey: "key", credentials }, "pass the apiKey or the credentials for Amazon Bedrock, not both"],
  ])("cannot be %j", (given, message) => {
    expect(() => authorize("Amazon Bedrock", given, region)).toThrow(new TypeError(message));
  });
});
