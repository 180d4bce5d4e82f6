import { endpointUrl, HttpClient, type HttpClientOptions, readSetting, requireApiKey } from "@llx/http";

/** Where the service is, and how it is called. */
export interface CohereConnection extends Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /** Default: `CO_API_KEY` or `COHERE_API_KEY` of the environment. */
  readonly apiKey?: string | undefined;
  /** With or without `/v2` at the end. Default: `CO_API_URL` of the environment, else `https://api.cohere.com`. */
  readonly baseUrl?: string | undefined;
}

export const provider = "Cohere";

interface Connected {
  readonly http: HttpClient;
  readonly url: string;
  /** The key, sent with each request, whatever form the caller's own headers have. */
  readonly headers: { readonly authorization: string };
}

/**
 * @param path such as `/v2/embed`
 * @throws TypeError for a missing key and an invalid address
 */
export function connect(options: CohereConnection, path: string): Connected {
  const { headers, dispatcher, proxy } = options;
  // The first is read by Cohere's own SDKs, the second by those of others (LangChain, AI SDK).
  const variables = ["CO_API_KEY", "COHERE_API_KEY"];
  const apiKey = requireApiKey(provider, { given: options.apiKey, variables });
  const base = readSetting({
    given: options.baseUrl,
    variables: ["CO_API_URL"],
    fallback: "https://api.cohere.com",
  });
  return {
    url: endpointUrl(provider, base, path),
    http: new HttpClient({ provider, headers, dispatcher, proxy }),
    headers: { authorization: `Bearer ${apiKey}` },
  };
}
