import { checkUrl, endpointUrl as joinedUrl } from "@llx/http";

/** The address of the embeddings, whatever of it, or of another endpoint, the base has already. */
export function endpointUrl(base: string): string {
  const url = new URL(checkUrl("Heroku", base));
  url.pathname = url.pathname.replace(/\/v1(?:\/.*)?$/, "");
  return joinedUrl("Heroku", url.href, "/v1/embeddings");
}
