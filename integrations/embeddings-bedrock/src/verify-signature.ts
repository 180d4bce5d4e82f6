import { createHash, createHmac } from "node:crypto";
import type { FakeRequest } from "@llx/embeddings/testing";

/** What a signature must be made with. */
export interface SigningKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  readonly region: string;
  readonly service: string;
}

/** Why a request is refused. */
export interface SignatureProblem {
  /** The type of the error, which AWS sends in a header. */
  readonly type: string;
  readonly message: string;
}

/** How far the date of a request may be from that of the service, in milliseconds. */
const tolerance = 5 * 60_000;

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: Uint8Array | string, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/**
 * Checks a signature of Version 4 as AWS does, with nothing but its document.
 *
 * @param now the time of the service, in milliseconds
 * @returns `undefined` for a valid one
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signatureProblem(
  request: FakeRequest,
  key: SigningKey,
  now: number,
): SignatureProblem | undefined {
  const { headers } = request;
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([\da-f]{64})$/.exec(
      headers["authorization"] ?? "",
    );
  if (parts === null)
    return problem("IncompleteSignatureException", "The authorization header is not a signature.");
  const [, id, day, region, service, names, signature] = parts as unknown as readonly string[];
  if (id !== key.accessKeyId || headers["x-amz-security-token"] !== key.sessionToken) {
    return problem("UnrecognizedClientException", "The security token included in the request is invalid.");
  }
  const time = headers["x-amz-date"] ?? "";
  const scopeProblem = wrongScope({ day: day!, region: region!, service: service! }, time, key);
  if (scopeProblem !== undefined) return invalid(scopeProblem);
  const dateProblem = wrongDate(time, now);
  if (dateProblem !== undefined) return invalid(dateProblem);
  const signed = names!.split(";");
  const missing = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))].find(
    (name) => !signed.includes(name),
  );
  if (missing !== undefined) return invalid(`The header ${missing} must be a signed header.`);
  return signatureOf(request, signed, key, time) === signature
    ? undefined
    : invalid("The request signature we calculated does not match the signature you provided.");
}

function signatureOf(request: FakeRequest, signed: readonly string[], key: SigningKey, time: string): string {
  const scope = [time.slice(0, 8), key.region, key.service, "aws4_request"];
  const toSign = ["AWS4-HMAC-SHA256", time, scope.join("/"), hash(canonicalRequest(request, signed))].join(
    "\n",
  );
  const signingKey = scope.reduce<Uint8Array | string>(hmac, `AWS4${key.secretAccessKey}`);
  return hmac(signingKey, toSign).toString("hex");
}

/** The path is encoded once more than it was for sending, as by all services but S3. */
function canonicalRequest(
  { method, path, headers, text = "" }: FakeRequest,
  signed: readonly string[],
): string {
  const [pathname = "", query = ""] = path.split("?");
  const parameters = [...new URLSearchParams(query)].map(
    ([name, value]) => `${encode(name)}=${encode(value)}`,
  );
  const lines = signed.map((name) => `${name}:${(headers[name] ?? "").trim().replaceAll(/ +/g, " ")}\n`);
  return [
    method,
    pathname.split("/").map(encode).join("/"),
    parameters.toSorted().join("&"),
    lines.join(""),
    signed.join(";"),
    hash(text),
  ].join("\n");
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function wrongScope(
  scope: { readonly day: string; readonly region: string; readonly service: string },
  time: string,
  key: SigningKey,
): string | undefined {
  if (scope.day !== time.slice(0, 8))
    return "Date in Credential scope does not match the date of the request.";
  if (scope.region !== key.region)
    return `Credential should be scoped to a valid region, not '${scope.region}'.`;
  if (scope.service !== key.service)
    return `Credential should be scoped to correct service: '${key.service}'.`;
  return undefined;
}

function wrongDate(time: string, now: number): string | undefined {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const date = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(date)) return "The header x-amz-date is not a date such as 20150830T123600Z.";
  if (date < now - tolerance)
    return `Signature expired: ${time} is now earlier than ${timeOf(now - tolerance)} (${timeOf(now)} - 5 min.)`;
  if (date > now + tolerance)
    return `Signature not yet current: ${time} is still later than ${timeOf(now + tolerance)} (${timeOf(now)} + 5 min.)`;
  return undefined;
}

function timeOf(time: number): string {
  return new Date(time).toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
}

function invalid(message: string): SignatureProblem {
  return problem("InvalidSignatureException", message);
}

function problem(type: string, message: string): SignatureProblem {
  return { type, message };
}
