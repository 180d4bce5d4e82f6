import { checkUrl } from "@llx/http";

const path = "/v1/embeddings";

/** The address of the embeddings, whatever of it the base has already. */
export function endpointUrl(base: string): string {
  const url = checkUrl("Heroku", base).replace(/\/+$/, "");
  if (url.endsWith(path)) return url;
  const version = url.indexOf("/v1/");
  return (version === -1 ? url : url.slice(0, version)).replace(/\/v1$/, "") + path;
}
