import { APICallError } from "@ai-sdk/provider";
import { createGateway, RetryError } from "ai";
import { describe, expect, it } from "vitest";
import { AiSdkError } from "./ai-sdk-error.ts";

const text = "a text that is long enough";
const quoted = 'one "two"\nthree four';
const of = (error: unknown): AiSdkError => {
  const read = AiSdkError.of(error, {
    provider: "own",
    texts: [text, quoted],
    headers: { "x-key": "a-key-of-sixteen" },
  });
  if (!(read instanceof AiSdkError)) throw new Error("it is another error");
  return read;
};

/** The error that a provider of the SDK creates from a response; with `data` if it knows the form of the body. */
const answered = (
  statusCode: number,
  body: unknown,
  {
    headers = {},
    data,
    message = "Status Text",
  }: { headers?: Record<string, string>; data?: unknown; message?: string } = {},
): APICallError =>
  new APICallError({
    message,
    url: "",
    requestBodyValues: { input: [text] },
    statusCode,
    responseHeaders: headers,
    responseBody: typeof body === "string" ? body : JSON.stringify(body),
    data,
  });

describe("AiSdkError", () => {
  it("recognises a refusal with its window, in a form unknown to the provider", () => {
    const error = of(answered(429, { detail: "rate limit of 3000000 tokens per minute exceeded" }));
    expect(error).toMatchObject({
      message: "own responded with 429: rate limit of 3000000 tokens per minute exceeded",
      retryable: true,
      refused: true,
      limitInterval: 60_000,
      retryAfter: undefined,
    });
  });

  it("reads the wait from the message or the headers", () => {
    const body = {
      error: { message: "Quota exceeded. Please retry in 39.5s.", status: "RESOURCE_EXHAUSTED" },
    };
    const data = body;
    const { message } = body.error;
    expect(of(answered(429, body, { data, message }))).toMatchObject({ retryAfter: 39_500, refused: true });
    const headers = { "retry-after": "3", "x-request-id": "r-1" };
    expect(of(answered(429, body, { data, message, headers }))).toMatchObject({
      retryAfter: 3_000,
      requestId: "r-1",
    });
  });

  it("recognises an exhausted quota, and is not retryable", () => {
    const message = "You exceeded your current quota, please check your plan and billing details.";
    const body = { error: { message, type: "insufficient_quota", code: "insufficient_quota" } };
    expect(of(answered(429, body, { data: body, message }))).toMatchObject({
      message: `own responded with 429: ${message} (the account's quota or credit is used up, and waiting does not restore it: add to it at the service, or use another key)`,
      retryable: false,
      refused: false,
    });
  });

  it.each([
    [503, { error: { message: "The model is overloaded." } }, true],
    [529, { type: "error", error: { type: "overloaded_error", message: "Overloaded" } }, true],
    [503, "<html>no healthy upstream</html>", false],
    [500, { error: { message: "overloaded" } }, false],
    [400, { error: { message: "too many texts" } }, false],
  ])("%i with %j is a refusal: %s", (status, body, refused) => {
    expect(of(answered(status, body))).toMatchObject({ refused, retryable: status >= 500 });
  });

  it("is retryable if the backend of the service has failed", () => {
    const error = of(answered(424, { error: "CublasError", error_type: "backend" }));
    expect(error).toMatchObject({ status: 424, retryable: true, refused: false });
  });

  it.each([
    [503, "model is loading", true],
    [404, "no such model", false],
  ])("takes the status %i in the body of an answer that has status 200", (code, message, retryable) => {
    const error = of(answered(200, { error: { message, code } }, { message: "Invalid JSON response" }));
    expect(error).toMatchObject({ status: code, retryable, refused: retryable });
    expect(error.message).toBe(`own responded with ${code}: ${message}`);
  });

  it("reads the last error after several attempts", () => {
    const errors = [answered(500, "no"), answered(429, { detail: "3 RPM" })];
    const error = of(
      new RetryError({ message: "Failed after 2 attempts", reason: "maxRetriesExceeded", errors }),
    );
    expect(error).toMatchObject({
      status: 429,
      refused: true,
      limitInterval: 60_000,
      message: "own responded with 429: 3 RPM",
    });
  });

  it("reads the response to the gateway", async () => {
    const body = { error: { message: "100 requests per hour", type: "rate_limit_exceeded" } };
    const fetch = async () => Response.json(body, { status: 429, headers: { "retry-after": "2" } });
    const gateway = createGateway({ apiKey: "any", fetch });
    const model = gateway.embeddingModel("openai/small");
    const error = await Promise.resolve(model.doEmbed({ values: [text] })).catch((reason: unknown) => reason);
    expect(of(error)).toMatchObject({
      status: 429,
      refused: true,
      retryAfter: 2_000,
      limitInterval: 3_600_000,
    });
  });

  it.each([
    [{ detail: `no room for ${text}` }, "no room for […]"],
    [{ detail: `no room for ${JSON.stringify(quoted)}` }, 'no room for "[…]"'],
    [{ detail: `no room for ${text.toUpperCase()}` }, "no room for […]"],
    [{ detail: `no room for ${encodeURIComponent(text)}` }, "no room for […]"],
    [{ error: "the key a-key-of-sixteen is wrong" }, "the key [redacted] is wrong"],
    [
      { error: `the key ${btoa("a-key-of-sixteen")} is wrong` },
      /^own responded with 422: the key \[redacted\]..? is wrong$/,
    ],
  ])("redacts what the service repeats of the request: %j", (body, shown) => {
    expect(of(answered(422, body)).message).toMatch(
      typeof shown === "string" ? `own responded with 422: ${shown}` : shown,
    );
  });

  it("redacts a key in the id of the request", () => {
    const headers = { "x-request-id": "r-a-key-of-sixteen" };
    expect(of(answered(400, {}, { headers })).requestId).toBe("r-[redacted]");
    const own = { "x-request-id": "req_011CSHoEeqs5C35K2UUqR7Fy" };
    expect(of(answered(400, {}, { headers: own })).requestId).toBe(own["x-request-id"]);
  });

  it.each([
    ["Incorrect API key provided: sk-proj-Ab12Cd34Ef56Gh78Ij90.", "Incorrect API key provided: [redacted]."],
    ["no access with 0123456789abcdef0123456789abcdef", "no access with [redacted]"],
    [
      "text-embedding-3-small: online_prediction_requests_per_base_model of 2026-11-28",
      "text-embedding-3-small: online_prediction_requests_per_base_model of 2026-11-28",
    ],
  ])("does not show what looks like a key: %s", (message, shown) => {
    expect(of(answered(401, { error: { message } })).message).toBe(`own responded with 401: ${shown}`);
  });

  it("leaves other errors as they are", () => {
    const other = new TypeError("no");
    expect(AiSdkError.of(other, { provider: "own", texts: [], headers: undefined })).toBe(other);
  });
});
