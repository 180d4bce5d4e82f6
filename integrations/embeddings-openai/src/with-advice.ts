import { NotFoundError } from "@llx/http";
import type { OpenaiServer } from "./openai-server.ts";

/** The error of a request; where nothing is found, with what is usually wrong then. */
export function withAdvice(error: unknown, server: OpenaiServer, model: string): unknown {
  if (!(error instanceof NotFoundError)) return error;
  const advice = server.hasDeployments
    ? /deployment/i.test(error.message) && `the model must be the name of your deployment, and it is ${model}`
    : // Most servers have their embeddings at /v1/embeddings.
      !server.hasVersion &&
      "the address has no version: where the embeddings are at /v1/embeddings, baseUrl must end with /v1";
  return advice ? new NotFoundError(`${error.message}; ${advice}`, error) : error;
}
