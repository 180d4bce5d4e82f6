import { checkUrl, endpointUrl as joinedUrl } from "@llx/http";

/** The address of the embeddings, for a base that may already have the path of this or another endpoint. */
export function endpointUrl(base: string): string {
  const url = new URL(checkUrl("Heroku", base, "baseUrl"));
  url.pathname = url.pathname.replace(/\/v1(?:\/.*)?$/, "");
  return joinedUrl("Heroku", url.href, "/v1/embeddings");
}
