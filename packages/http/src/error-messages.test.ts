import { describe, expect, it } from "vitest";
import { type ErrorCase, errorOf } from "./testing/error-of.ts";
import { key, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

describe("the error message of", () => {
  const cases: Record<string, ErrorCase> = {
    "FastAPI (vLLM, TEI's routers)": {
      status: 422,
      body: { detail: [{ loc: ["body", "input"], msg: "field required" }] },
      error: {
        message: "Example responded with 422: input: field required",
        retryable: false,
        refused: false,
      },
    },
    "FastAPI of today, which sends back what it got": {
      status: 422,
      body: {
        detail: [
          {
            type: "string_type",
            loc: ["body", "input", 1],
            msg: "Input should be a valid string, not a text of the user's",
            input: "short",
          },
          { type: "missing", loc: ["body", "model"], msg: "Field required", input: { input: ["short"] } },
        ],
      },
      error: {
        message:
          "Example responded with 422: input.1: Input should be a valid string, not […]; model: Field required",
      },
    },
    "Mistral, with FastAPI's within": {
      status: 422,
      body: {
        object: "error",
        message: { detail: [{ type: "missing", loc: ["body", "input"], msg: "Field required", input: {} }] },
        type: "invalid_request_error",
        param: null,
        code: null,
      },
      error: { message: "Example responded with 422: input: Field required" },
    },
    "Gemini, in a list": {
      status: 400,
      body: [{ error: { code: 400, message: "API key not valid", status: "INVALID_ARGUMENT" } }],
      error: { message: "Example responded with 400: API key not valid", name: "BadRequestError" },
    },
    "Gemini, for a wrong key": {
      status: 400,
      body: {
        error: {
          code: 400,
          message: "API key not valid. Please pass a valid API key.",
          status: "INVALID_ARGUMENT",
          details: [
            {
              "@type": "type.googleapis.com/google.rpc.ErrorInfo",
              reason: "API_KEY_INVALID",
              domain: "googleapis.com",
              metadata: { service: "generativelanguage.googleapis.com" },
            },
          ],
        },
      },
      error: {
        message: "Example responded with 400: API key not valid. Please pass a valid API key.",
        name: "AuthenticationError",
        status: 400,
        retryable: false,
      },
    },
    Cloudflare: {
      status: 400,
      body: { success: false, errors: [{ code: 7003, message: "No route for that URI" }], messages: [] },
      error: { message: "Example responded with 400: No route for that URI" },
    },
    "a service that sends back the key": {
      status: 401,
      body: { detail: [{ loc: ["header", "authorization"], msg: `bad key Bearer ${key}`, input: key }] },
      error: {
        name: "AuthenticationError",
        message: "Example responded with 401: header.authorization: bad key [redacted]",
      },
    },
    "TEI whose backend failed": {
      status: 424,
      body: { error: "Backend error: CublasError(CUBLAS_STATUS_NOT_SUPPORTED)", error_type: "Backend" },
      error: {
        name: "ServerError",
        message: "Example responded with 424: Backend error: CublasError(CUBLAS_STATUS_NOT_SUPPORTED)",
        status: 424,
        retryable: true,
        refused: false,
      },
    },
  };
  it.each(Object.entries(cases))("%s", async (_service, { error, ...answer }) => {
    expect(await errorOf(answer)).toMatchObject(error);
  });
});
