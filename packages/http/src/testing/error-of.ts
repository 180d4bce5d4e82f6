import type { ApiError } from "../index.ts";
import { client, failure, rawAnswer, serveRaw } from "./local-server.ts";

/** A response, and what the request must fail with. */
export interface ErrorCase {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
  readonly error: Partial<ApiError>;
}

export const noQuotaHint =
  "(the account's quota or credit is used up, and waiting does not restore it: " +
  "add to it at the service, or use another key)";

/** The error of one request that gets this response. */
export async function errorOf({ status, headers, body }: Omit<ErrorCase, "error">): Promise<unknown> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { url } = await serveRaw((socket) => socket.write(rawAnswer(status, text, headers)));
  return failure(client().postJson(url, { input: ["a text of the user's", "short"] }));
}
