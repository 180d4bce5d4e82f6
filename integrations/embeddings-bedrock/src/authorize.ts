import aws4 from "aws4";
import { type HeadersGiven, readSetting, requireApiKey, type SignRequest } from "@llx/http";
import { type AwsCredentialProvider, type AwsCredentials, credentialsOf } from "./aws-credentials.ts";

/** How a caller identifies itself. */
export interface Identity {
  readonly apiKey?: string | undefined;
  readonly credentials?: AwsCredentials | AwsCredentialProvider | undefined;
}

const variables = ["AWS_BEARER_TOKEN_BEDROCK"];

/**
 * Makes the function that authorizes requests: by a key of Bedrock, or by a signature with AWS credentials. Options take
 * precedence over the environment, and there a key over credentials, as in the SDKs of AWS.
 *
 * @param region reads the region, which only a signature needs
 * @throws TypeError for keys and credentials that are missing or cannot be used
 */
export function authorize(
  provider: string,
  { apiKey, credentials }: Identity,
  region: () => string,
): SignRequest {
  if (apiKey !== undefined && credentials !== undefined)
    throw new TypeError(`pass the apiKey or the credentials for ${provider}, not both`);
  const hasKey =
    apiKey !== undefined || (credentials === undefined && readSetting({ given: undefined, variables }));
  if (hasKey) {
    const bearer = { authorization: `Bearer ${requireApiKey(provider, { given: apiKey, variables })}` };
    return () => bearer;
  }
  const given = credentialsOf(credentials);
  if (given === undefined) {
    throw new TypeError(
      `no credentials for ${provider}: set AWS_BEARER_TOKEN_BEDROCK, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ` +
        "or give the option apiKey or credentials",
    );
  }
  return signer(region(), given);
}

/** Signs with Signature Version 4. */
function signer(region: string, credentials: AwsCredentialProvider): SignRequest {
  return async ({ method, url, headers, body }): Promise<HeadersGiven> => {
    const { host, pathname, search } = new URL(url);
    const request = {
      service: "bedrock",
      region,
      method,
      path: pathname + search,
      // Proxies may change others.
      headers: { host, ...signable(headers) },
      body,
      // The connection sets it.
      extraHeadersToIgnore: { "content-length": true },
    };
    const { accessKeyId, secretAccessKey, sessionToken = "" } = await credentials();
    const { headers: made } = aws4.sign(request, { accessKeyId, secretAccessKey, sessionToken });
    const signed = new Map(Object.entries(made!));
    return ["Authorization", "X-Amz-Date", "X-Amz-Security-Token"].flatMap((name) => {
      const value = signed.get(name);
      return value === undefined ? [] : [[name, String(value)] as const];
    });
  };
}

function signable(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name === "content-type" || name.startsWith("x-amz-")),
  );
}
