import { readSetting } from "@llx/http";

/** AWS credentials: the access key of a user, or temporary ones with a session token. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When temporary credentials end. */
  readonly expiration?: Date | undefined;
}

/** Returns AWS credentials, such as the functions of `@aws-sdk/credential-providers` do. */
export type AwsCredentialProvider = () => PromiseLike<AwsCredentials>;

/** How long before their end temporary credentials are renewed, in milliseconds. */
const renewalTime = 5 * 60_000;

/**
 * Returns the credentials for each request. A provider is called for the first request, and again shortly before its
 * credentials end; requests meanwhile share that call.
 *
 * @param given the option of the caller; without it, the environment is read
 * @returns `undefined` if there are none
 * @throws TypeError for credentials that cannot be used; no message shows a part of them
 */
export function credentialsOf(
  given: AwsCredentials | AwsCredentialProvider | undefined,
): AwsCredentialProvider | undefined {
  if (typeof given === "function") return renewed(given);
  const read = given ?? fromEnvironment();
  if (read === undefined) return undefined;
  const credentials = Promise.resolve(checked(read));
  return () => credentials;
}

function renewed(provider: AwsCredentialProvider): AwsCredentialProvider {
  let last: AwsCredentials | undefined;
  let pending: Promise<AwsCredentials> | undefined;
  const renew = async (): Promise<AwsCredentials> => {
    try {
      return (last = checked(await provider()));
    } finally {
      pending = undefined;
    }
  };
  return async () => {
    const end = last?.expiration?.getTime() ?? Infinity;
    return last !== undefined && Date.now() < end - renewalTime ? last : (pending ??= renew());
  };
}

function fromEnvironment(): AwsCredentials | undefined {
  const read = (name: string) => readSetting({ given: undefined, variables: [name] });
  const accessKeyId = read("AWS_ACCESS_KEY_ID");
  const secretAccessKey = read("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: read("AWS_SESSION_TOKEN") } as AwsCredentials;
}

/** Not retryable: the next attempt would have the same credentials. */
function checked(credentials: AwsCredentials): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = (credentials ?? {}) as Partial<AwsCredentials>;
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey, sessionToken })) {
    if (value === undefined && name === "sessionToken") continue;
    if (typeof value === "string" && /^[\x21-\x7e]+$/.test(value)) continue;
    const problem =
      value === undefined
        ? "is missing"
        : value === ""
          ? "is empty"
          : "contains a line break, a space or another invalid character; copy it again, without anything around it";
    throw Object.assign(new TypeError(`the ${name} of the AWS credentials ${problem}`), { retryable: false });
  }
  return credentials;
}
