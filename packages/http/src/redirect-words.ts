import type { ErrorAnswer } from "./answer-error.ts";

const redirects = new Set([301, 302, 303, 307, 308]);

/**
 * What an answer means that sends one elsewhere; `undefined` for any other. Nothing is sent there: whoever can make a
 * server point somewhere would get the key.
 */
export function redirectWords({ url, head, conceal }: ErrorAnswer): string | undefined {
  if (!redirects.has(head.status)) return undefined;
  const location = head.header("location");
  const target = location === undefined ? undefined : (URL.parse(location, url.href) ?? undefined);
  const where =
    target !== undefined && /^https?:$/.test(target.protocol)
      ? conceal(target.origin + target.pathname)
      : "an address that cannot be read";
  return (
    `it points to ${where}, and redirects are not followed, as the key must go nowhere else: ` +
    "change baseUrl if that address is right"
  );
}
