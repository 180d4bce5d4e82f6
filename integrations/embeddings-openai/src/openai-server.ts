import { endpointUrl, readSetting } from "@llx/http";

const service = "OpenAI";
const address = "https://api.openai.com/v1";

/** The address of the embeddings, and how to call it. */
export interface OpenaiServer {
  /** The address of its embeddings. */
  readonly url: string;
  /** Its name in messages and events. */
  readonly provider: string;
  /** Whether it is OpenAI itself. */
  readonly isOwn: boolean;
  /** The header that the key goes into. */
  readonly keyHeader: (apiKey: string) => Readonly<Record<string, string>>;
  /** Where the key is, if it is not given. */
  readonly keyVariables: readonly string[];
  /** Whether the address names a version of the API, or a deployment. */
  readonly hasVersion: boolean;
}

/** @throws TypeError for an invalid address */
export function readServer(options: {
  readonly baseUrl?: string | undefined;
  readonly provider?: string | undefined;
}): OpenaiServer {
  const base = readSetting({ given: options.baseUrl, variables: ["OPENAI_BASE_URL"] }) ?? address;
  const url = endpointUrl(options.provider ?? service, base, "/embeddings");
  const { host, hostname, pathname } = new URL(url);
  const isOwn = hostname === "api.openai.com" || hostname.endsWith(".api.openai.com");
  const isDeployment = pathname.includes("/deployments/");
  const isAzure = hostname.endsWith(".azure.com");
  return {
    url,
    provider: options.provider ?? (isOwn ? service : host),
    isOwn,
    // A deployment of Azure accepts keys only in this header; Bearer is for tokens.
    keyHeader: (apiKey) =>
      isDeployment && isAzure ? { "api-key": apiKey } : { authorization: `Bearer ${apiKey}` },
    keyVariables: [...(isAzure ? ["AZURE_OPENAI_API_KEY"] : []), "OPENAI_API_KEY"],
    hasVersion: isDeployment || /\/v\d/.test(pathname),
  };
}
