import type { ResponseHead } from "./response.ts";

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * What a redirect means for the caller; `undefined` for any other response. It is not followed: anyone who can make a
 * server redirect would receive the key.
 */
export function redirectHint(
  head: ResponseHead,
  url: URL,
  redact: (message: string) => string,
): string | undefined {
  if (!redirects.has(head.status)) return undefined;
  const location = head.header("location");
  const target = location === undefined ? undefined : (URL.parse(location, url.href) ?? undefined);
  const where =
    target !== undefined && /^https?:$/.test(target.protocol)
      ? redact(target.origin + target.pathname)
      : "an unreadable address";
  return (
    `it redirects to ${where}, and redirects are not followed, as the key must not be sent elsewhere: ` +
    "change baseUrl if that address is right"
  );
}
