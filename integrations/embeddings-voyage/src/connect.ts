import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";

/** Where the service is, and how it is called. */
export interface VoyageConnection extends Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `VOYAGE_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /**
   * With its version. Default: `VOYAGE_BASE_URL` of the environment, else the service that issued the key: MongoDB Atlas
   * for one that begins with `al-`, else Voyage.
   */
  readonly baseUrl?: string | undefined;
}

export const provider = "Voyage";

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
export function connect(options: VoyageConnection, path: string): Connected {
  const { headers, dispatcher, proxy } = options;
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables: ["VOYAGE_API_KEY"] });
  // Each service accepts its own keys only; the official Python client tells them apart in the same way
  // (`voyageai/util.py`).
  const address = apiKey.startsWith("al-") ? "https://ai.mongodb.com/v1" : "https://api.voyageai.com/v1";
  const base = readSetting({ given: options.baseUrl, variables: ["VOYAGE_BASE_URL"], fallback: address });
  return {
    url: endpointUrl(provider, base, path),
    http: new HttpClient({ provider, headers, dispatcher, proxy }),
    headers: { authorization: `Bearer ${apiKey}` },
  };
}
