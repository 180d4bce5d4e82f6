import { endpointUrl, readSetting } from "@llx/http";

const service = "OpenAI";
const address = "https://api.openai.com/v1";
/** Resources with OpenAI's models (hosts as in `@ai-sdk/azure` 3.0.128), in the public cloud and in that of the US government. */
const azureResource = /\.(openai|services\.ai|cognitiveservices)\.azure\.(com|us)$/;

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
  /** Whether `model` is the name of a deployment, as at Azure. */
  readonly hasDeployments: boolean;
  /** Whether the address names a version of the API, or a deployment. */
  readonly hasVersion: boolean;
}

/** @throws TypeError for an invalid address */
export function readServer(options: {
  readonly baseUrl?: string | undefined;
  readonly provider?: string | undefined;
}): OpenaiServer {
  const base = readSetting({ given: options.baseUrl, variables: ["OPENAI_BASE_URL"], fallback: address });
  const url = endpointUrl(options.provider ?? service, withAzurePath(base), "/embeddings");
  const { host, hostname, pathname, searchParams } = new URL(url);
  const isOwn = hostname === "api.openai.com" || hostname.endsWith(".api.openai.com");
  const isAzure = /\.azure\.(com|us)$/.test(hostname);
  const isDeployment = pathname.includes("/deployments/");
  return {
    url,
    provider: options.provider ?? (isOwn ? service : host),
    isOwn,
    // A deployment of Azure, also behind a gateway, accepts keys only in this header; Bearer is for tokens.
    keyHeader: (apiKey) =>
      isDeployment && (isAzure || searchParams.has("api-version"))
        ? { "api-key": apiKey }
        : { authorization: `Bearer ${apiKey}` },
    keyVariables: [...(isAzure ? ["AZURE_OPENAI_API_KEY"] : []), "OPENAI_API_KEY"],
    hasDeployments: isAzure && !isDeployment,
    hasVersion: isDeployment || /\/v\d/.test(pathname),
  };
}

/** Completes the endpoint of a resource, as Azure's portal shows it. There is nothing at `/embeddings` itself. */
function withAzurePath(base: string): string {
  if (!URL.canParse(base)) return base;
  const url = new URL(base);
  if (!azureResource.test(url.hostname) || !/^\/(openai\/?)?$/.test(url.pathname)) return base;
  url.pathname = "/openai/v1";
  return url.href;
}
