import type { FakeRequest } from "@llx/embeddings/testing";
import { describe, expect, it } from "vitest";
import { signatureProblem } from "./verify-signature.ts";

const key = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  region: "us-east-1",
  service: "service",
};
const now = Date.parse("2015-08-30T12:36:00Z");

interface Vector {
  readonly service?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly signed?: string;
  readonly signature: string;
}

function requestOf({
  service = "service",
  signed = "host;x-amz-date",
  signature,
  ...vector
}: Vector): FakeRequest {
  const { method = "POST", path = "/", headers, text = "" } = vector;
  const credential = `AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request`;
  return {
    method,
    path,
    headers: {
      host: "example.amazonaws.com",
      "x-amz-date": "20150830T123600Z",
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
      ...headers,
    },
    body: undefined,
    text,
  };
}

const form = "Param1=value1";
const postVanilla = { signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" };

describe("a signature that AWS has published", () => {
  const vectors: Record<string, Vector> = {
    "of the user guide": {
      service: "iam",
      method: "GET",
      path: "/?Action=ListUsers&Version=2010-05-08",
      headers: {
        host: "iam.amazonaws.com",
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      },
      signed: "content-type;host;x-amz-date",
      signature: "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    },
    "get-vanilla": {
      method: "GET",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    },
    "post-vanilla": postVanilla,
    "post-x-www-form-urlencoded": {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      text: form,
      signed: "content-type;host;x-amz-date",
      signature: "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    },
  };

  it.each(Object.entries(vectors))("is valid: %s", (_name, vector) => {
    const { service = "service" } = vector;
    expect(signatureProblem(requestOf(vector), { ...key, service }, now)).toBeUndefined();
  });
});

describe("a signature", () => {
  const problemOf = (change: Partial<Vector>, at = now): string | undefined =>
    signatureProblem(requestOf({ ...postVanilla, ...change }), key, at)?.message;
  const mismatch = "The request signature we calculated does not match the signature you provided.";

  it.each<[string, Partial<Vector>, string]>([
    ["of another body", { text: "x" }, mismatch],
    ["of another path", { path: "/a" }, mismatch],
    ["of another method", { method: "GET" }, mismatch],
    ["of another host", { headers: { host: "example.com" } }, mismatch],
    ["of another service", { service: "s3" }, "Credential should be scoped to correct service: 'service'."],
    [
      "of another day",
      { headers: { "x-amz-date": "20150831T123600Z" } },
      "Date in Credential scope does not match",
    ],
    ["without a date", { headers: { "x-amz-date": "today" } }, "Date in Credential scope does not match"],
    ["without the host", { signed: "x-amz-date" }, "The header host must be a signed header."],
    [
      "without a token",
      { headers: { "x-amz-security-token": "t" } },
      "The security token included in the request is invalid.",
    ],
    [
      "without a header",
      { headers: { "x-amz-meta": "t" } },
      "The header x-amz-meta must be a signed header.",
    ],
    [
      "that is none",
      { headers: { authorization: "AWS4-HMAC-SHA256 x" } },
      "The authorization header is not a signature.",
    ],
  ])("is refused: %s", (_what, change, message) => {
    expect(problemOf(change)).toContain(message);
  });

  it("is refused when the clocks differ by more than five minutes", () => {
    const minute = 60_000;
    for (const fine of [-5 * minute, 5 * minute]) expect(problemOf({}, now + fine)).toBeUndefined();
    expect(problemOf({}, now + 5 * minute + 1_000)).toBe(
      "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)",
    );
    expect(problemOf({}, now - 5 * minute - 1_000)).toBe(
      "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
    );
  });

  it("is refused with another key", () => {
    const request = requestOf(postVanilla);
    expect(signatureProblem(request, { ...key, secretAccessKey: "x" }, now)).toEqual({
      type: "InvalidSignatureException",
      message: mismatch,
    });
    expect(signatureProblem(request, { ...key, accessKeyId: "x" }, now)).toMatchObject({
      type: "UnrecognizedClientException",
    });
    expect(signatureProblem(request, { ...key, region: "eu-west-1" }, now)).toMatchObject({
      message: "Credential should be scoped to a valid region, not 'us-east-1'.",
    });
  });
});
