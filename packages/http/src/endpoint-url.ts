import { checkUrl } from "./settings.ts";

/**
 * The address of an endpoint below a service's own. The endpoint's path stands before a query that the service's
 * address has (Azure's form), and what of it the address has already is not put twice.
 *
 * @param baseUrl such as `https://api.example.com/v1`; with its query, and the endpoint's path too if one likes
 * @param path such as `/embeddings`
 * @throws TypeError for what is no http or https URL, holds a password or a fragment
 */
export function endpointUrl(provider: string, baseUrl: string, path: string): string {
  const url = new URL(checkUrl(provider, baseUrl));
  if (url.hash !== "") {
    throw new TypeError(
      `the address for ${provider} must not hold a fragment (what stands behind #): it is never sent; leave it out`,
    );
  }
  const base = segments(url.pathname);
  const endpoint = segments(path);
  // As much of the endpoint's beginning as stands at the end already.
  const given = [...endpoint.keys(), endpoint.length].findLast((count) =>
    endpoint.slice(0, count).every((name, index) => base[base.length - count + index] === name),
  )!;
  url.pathname = `/${[...base, ...endpoint.slice(given)].join("/")}`;
  // Without a "?" or "#" that nothing stands behind.
  return url.origin + url.pathname + url.search;
}

function segments(path: string): string[] {
  const trimmed = path.replaceAll(/^\/+|\/+$/g, "");
  return trimmed === "" ? [] : trimmed.split("/");
}
