import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** What a request must know. */
export interface Access {
  readonly port: number;
  readonly token: string;
}

/**
 * The path below the token, such as `"events"`, or `undefined` for a request that gets nothing.
 *
 * A page elsewhere can make a browser on this machine send requests here. It does not know the token; its `Origin` and
 * `Sec-Fetch-Site` are its own; and where it has made its own name resolve to 127.0.0.1, the name in `Host` is still its own.
 */
export function permittedPath(
  { method, url = "", headers }: IncomingMessage,
  access: Access,
): string | undefined {
  const { port, token } = access;
  if (method !== "GET" && method !== "HEAD") return undefined;
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (!hosts.includes(headers.host ?? "")) return undefined;
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) return undefined;
  const site = headers["sec-fetch-site"];
  // A person may follow a link to the page itself.
  const isNavigation = headers["sec-fetch-mode"] === "navigate";
  if ((site === "cross-site" || site === "same-site") && !isNavigation) return undefined;
  const [, given = "", path, ...more] = url.split("?", 1)[0]!.split("/");
  return isSame(given, token) && more.length === 0 ? path : undefined;
}

/** Takes as long wherever they differ. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
