import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";
import { readError } from "./read-error.ts";

/** Where the service is, and how it is called. */
export interface IsaacusConnection extends Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `ISAACUS_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** With its version. Default: `ISAACUS_BASE_URL` of the environment, else the service's own address. */
  readonly baseUrl?: string | undefined;
}

export const provider = "Isaacus";

interface Connected {
  readonly http: HttpClient;
  readonly url: string;
  /** The key, sent with each request, whatever form the caller's own headers have. */
  readonly headers: { readonly authorization: string };
}

/**
 * @param path after the version, such as `/embeddings`
 * @throws TypeError for a missing key and an invalid address
 */
export function connect(options: IsaacusConnection, path: string): Connected {
  const { headers, dispatcher, proxy } = options;
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["ISAACUS_API_KEY"] });
  const base = readSetting({
    given: options.baseUrl,
    variables: ["ISAACUS_BASE_URL"],
    fallback: "https://api.isaacus.com/v1",
  });
  return {
    url: endpointUrl(provider, base, path),
    http: new HttpClient({ provider, headers, dispatcher, proxy, readError }),
    headers: { authorization: `Bearer ${apiKey}` },
  };
}
