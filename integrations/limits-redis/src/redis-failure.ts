import { connectionMessage } from "@llx/support";

/**
 * An error with the message of a client library, and nothing else of it: the library's own may hold the password, and all that was sent.
 *
 * @param url of the connection, if it is known
 */
export function redisFailure(error: unknown, url: string | undefined): Error & { code?: string } {
  let message = connectionMessage(error);
  for (const password of passwordsOf(url)) message = message.replaceAll(password, "[redacted]");
  const failure: Error & { code?: string } = new Error(message);
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (typeof code === "string") failure.code = code;
  return failure;
}

function passwordsOf(url: string | undefined): string[] {
  if (url === undefined) return [];
  const { password } = new URL(url);
  return password === "" ? [] : [password, decodeURIComponent(password)];
}
