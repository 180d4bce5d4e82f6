import { type Agent, type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";
import type { AttemptOptions } from "../../embedding-provider.ts";

export interface PlainRequest extends Pick<AttemptOptions, "signal" | "timeout"> {
  readonly agent: Agent;
  readonly apiKey: string;
  /** More of them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface PlainReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The service has not answered, or has refused. */
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

/** @throws PlainError where there is no whole answer; the signal's reason */
export async function plainPost(
  url: string,
  { agent, apiKey, headers: more, body, signal, timeout }: PlainRequest,
): Promise<PlainReply> {
  const late = AbortSignal.timeout(timeout);
  try {
    return await new Promise<PlainReply>((resolve, reject) => {
      const own = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };
      const headers = { ...more, ...own };
      const outgoing = request(
        url,
        { method: "POST", agent, headers, signal: AbortSignal.any([signal, late]) },
        (incoming) => {
          text(incoming).then(
            (all) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: all }),
            reject,
          );
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  } catch {
    signal.throwIfAborted();
    throw new PlainError(
      late.aborted ? "plain did not answer in time" : "the connection broke",
      undefined,
      true,
    );
  }
}
