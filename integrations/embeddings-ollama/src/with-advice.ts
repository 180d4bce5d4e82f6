import { BadRequestError, ConnectionError, NotFoundError, ServerError } from "@llx/http";

/** What `EmbedHandler` of server/routes.go reports with status 400 if the process that runs the model has ended. */
const lostRunner = /do embedding request|error reading embed response|unexpected server status/;

/** The error of a request, with what to do about it where that is known. */
export function withAdvice(error: unknown, url: string, model: string): unknown {
  if (error instanceof ConnectionError && codesOf(error).includes("ECONNREFUSED")) {
    const advice = "is Ollama running there? Start its app, or `ollama serve`";
    return new ConnectionError(`${error.message}; ${advice}`, error);
  }
  if (error instanceof NotFoundError) {
    const advice = /\bmodel\b/.test(error.message)
      ? `run: ollama pull ${model}`
      : new URL(url).pathname.endsWith("/v1/api/embed") &&
        "omit /v1 from the address: it is for OpenAI's protocol";
    return advice ? new NotFoundError(`${error.message}; ${advice}`, error) : error;
  }
  // The server starts another one for the next request.
  if (error instanceof BadRequestError && lostRunner.test(error.message)) {
    const { provider, status, requestId, attempt, cause } = error;
    return new ServerError(error.message, { provider, status, requestId, attempt, cause, retryable: true });
  }
  return error;
}

/** The codes of the causes of a connection's failure. */
function codesOf(error: Error): unknown[] {
  const { cause } = error;
  return cause instanceof Error ? ["code" in cause && cause.code, ...codesOf(cause)] : [];
}
