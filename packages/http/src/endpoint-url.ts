import { checkUrl } from "./settings.ts";

/**
 * The URL of an endpoint below a service's base URL. The path is inserted before the query of the base URL (as Azure
 * needs it), and the part that the base URL already ends with is not repeated.
 *
 * @param provider names the service in messages
 * @param baseUrl such as `https://api.example.com/v1`; it may have a query, and may include the endpoint's path
 * @param path such as `/embeddings`
 * @throws TypeError unless it is an http or https URL without user name, password and fragment
 */
export function endpointUrl(provider: string, baseUrl: string, path: string): string {
  const url = new URL(checkUrl(provider, baseUrl, "baseUrl"));
  if (url.hash !== "") {
    throw new TypeError(
      `baseUrl for ${provider} must not contain a fragment (the part after #), which is never sent; omit it`,
    );
  }
  const base = segments(url.pathname);
  const endpoint = segments(path);
  // How much of the endpoint's path the base URL already ends with.
  const given = [...endpoint.keys(), endpoint.length].findLast((count) =>
    endpoint.slice(0, count).every((name, index) => base[base.length - count + index] === name),
  )!;
  url.pathname = `/${[...base, ...endpoint.slice(given)].join("/")}`;
  // Without an empty "?" or "#".
  return url.origin + url.pathname + url.search;
}

function segments(path: string): string[] {
  const trimmed = path.replaceAll(/^\/+|\/+$/g, "");
  return trimmed === "" ? [] : trimmed.split("/");
}
