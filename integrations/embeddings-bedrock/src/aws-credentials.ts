import { readSetting } from "@llx/http";

/** AWS credentials: the access key of a user, or temporary ones with a session token. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When temporary credentials end. */
  readonly expiration?: Date | undefined;
}

type Unchecked = { readonly [Name in keyof AwsCredentials]?: AwsCredentials[Name] | undefined };

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
  const renew = async (): Promise<AwsCredentials> => (last = checked(await provider()));
  return async () => {
    const { expiration = Infinity } = last ?? {};
    if (last !== undefined && Date.now() < Number(expiration) - renewalTime) return last;
    pending ??= renew().finally(() => (pending = undefined));
    return pending;
  };
}

function fromEnvironment(): Unchecked | undefined {
  const accessKeyId = setting("AWS_ACCESS_KEY_ID");
  const secretAccessKey = setting("AWS_SECRET_ACCESS_KEY");
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken: setting("AWS_SESSION_TOKEN") };
}

function setting(name: string): string | undefined {
  return readSetting({ given: undefined, variables: [name] });
}

/** Not retryable: the next attempt would have the same credentials. */
function checked(credentials: Unchecked | undefined): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {};
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
  return credentials as AwsCredentials;
}
