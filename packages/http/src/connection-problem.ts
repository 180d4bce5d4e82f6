/** Why a request got no response although there was a connection. */
export interface ConnectionProblem {
  /** Worded to follow "Example at https://api.example.com". */
  readonly text: string;
  readonly retryable: boolean;
  /** Whether the service did no work because it is overloaded. */
  readonly refused: boolean;
}

const atFault = "which no request asks for: the server, or a proxy in front of it, is at fault";
const interim = (status: string): ConnectionProblem => ({
  text: `responded with ${status}, ${atFault}`,
  retryable: true,
  refused: false,
});
/** What OpenSSL says of it names files of its own. */
const noTls = { text: "does not respond in TLS: is it http:// there?", retryable: false, refused: false };
const asks100 = interim("100 (Continue)");
const asks101 = interim("101 (Switching Protocols)");

/** Errors of HTTP/2 (RFC 9113, 7) that say more than that the connection broke, by name and number. */
const http2Problems: Readonly<Record<string, ConnectionProblem>> = (() => {
  const refused = {
    text: "refused the request over HTTP/2 (REFUSED_STREAM)",
    retryable: true,
    refused: true,
  };
  const calm = {
    text: "asks for fewer requests over HTTP/2 (ENHANCE_YOUR_CALM)",
    retryable: true,
    refused: true,
  };
  const older = {
    text: "requires HTTP/1.1 (HTTP_1_1_REQUIRED): omit http2",
    retryable: false,
    refused: false,
  };
  return {
    REFUSED_STREAM: refused,
    ENHANCE_YOUR_CALM: calm,
    HTTP_1_1_REQUIRED: older,
    7: refused,
    11: calm,
    13: older,
  };
})();

/** What an error of undici or Node.js means, if it is known. */
export function connectionProblem(error: unknown): ConnectionProblem | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (message.includes("wrong version number")) return noTls;
  // What undici reports of an interim status that it does not accept. It skips the others, as it should.
  if (message === "bad response") return asks100;
  if (message === "bad upgrade" || message.includes("assert(upgrade)")) return asks101;
  const code = /^(?:Stream|Session) closed with error code (?:NGHTTP2_)?(\w+)$/.exec(message)?.[1];
  return code === undefined || !Object.hasOwn(http2Problems, code) ? undefined : http2Problems[code];
}
