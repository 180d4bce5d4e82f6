import { checkUrl } from "@llx/http";

/**
 * The address of an endpoint below a service's own: before a query that the address has (Azure's form), and not twice
 * where the address ends with it already.
 *
 * @throws TypeError for what is no http or https URL, or holds a password or a fragment
 */
export function endpointUrl(provider: string, baseUrl: string, path: string): string {
  const { origin, pathname, search, hash } = new URL(checkUrl(provider, baseUrl));
  if (hash !== "") {
    throw new TypeError(
      `the address for ${provider} must not hold a fragment (what stands behind #): it is never sent; leave it out`,
    );
  }
  const base = pathname.replace(/\/+$/, "");
  return `${origin}${base.endsWith(path) ? base : base + path}${search}`;
}
