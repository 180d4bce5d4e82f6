import { Buffer } from "node:buffer";
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { AttemptOptions } from "../../contract/embedding-provider.ts";

export interface PlainRequest extends Pick<AttemptOptions, "signal" | "timeout" | "maxBytes"> {
  readonly agent: Agent;
  readonly apiKey: string;
  /** Additional headers. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly proxy?: string | undefined;
}

export interface PlainReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The service has not responded, or has refused. */
export class PlainError extends Error {
  override readonly name = "PlainError";
  readonly provider = "plain";
  readonly status: number | undefined;
  retryable: boolean;
  retryAfter: number | undefined;
  requestId: string | undefined;

  constructor(message: string, status: number | undefined, retryable: boolean) {
    super(message);
    this.status = status;
    this.retryable = retryable;
  }
}

async function readText(incoming: IncomingMessage, most: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > most) throw new PlainError("plain sent too much", incoming.statusCode, false);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

/** @throws PlainError if there is no complete response; the signal's reason */
export async function plainPost(
  url: string,
  { agent, apiKey, headers: more, body, proxy, signal, timeout, maxBytes = Infinity }: PlainRequest,
): Promise<PlainReply> {
  const late = AbortSignal.timeout(timeout);
  try {
    return await new Promise<PlainReply>((resolve, reject) => {
      const own = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
      const headers = { ...more, ...own };
      const outgoing = request(
        proxy ?? url,
        {
          method: "POST",
          agent,
          headers,
          ...(proxy && { path: url }),
          signal: AbortSignal.any([signal, late]),
        },
        (incoming) => {
          readText(incoming, maxBytes).then(
            (all) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: all }),
            reject,
          );
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PlainError) throw error;
    throw new PlainError(
      late.aborted
        ? "plain did not respond in time"
        : `the connection${proxy ? ` to the proxy ${proxy}` : ""} broke`,
      undefined,
      true,
    );
  }
}
