import type { Buffer } from "node:buffer";
import type { Exchange } from "./exchange.ts";
import { findError, holdsError } from "./holds-error.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { JsonResponse } from "./response.ts";
import { type BodyJoiner, parseBody, readChunks } from "./whole-body.ts";

/** Sends a request and reads its response as JSON. */
export async function readJson(
  exchange: Exchange,
  watch: RequestWatch,
  joiner: BodyJoiner,
  parse?: (body: Buffer) => unknown,
  upload?: AsyncIterable<Uint8Array>,
): Promise<JsonResponse> {
  const response = await exchange.send(upload);
  const chunks = await exchange.untilEnded(readChunks(response.body, response.limit));
  watch.finish();
  const bytes = joiner.join(chunks, response.ownsChunks);
  const parsed = parseBody(bytes, parse);
  // A body that the caller's parser rejects may be an error of the service.
  const error = holdsError(parsed) ? parsed : parsed === undefined ? findError(bytes) : undefined;
  if (error !== undefined) throw exchange.errorInBody(error);
  if (parsed !== undefined) return { ...response.head, body: parsed };
  const kind = exchange.redact(response.head.header("content-type") ?? "no content type");
  throw exchange.malformed(`something that is not JSON (${kind}) at ${exchange.address}`);
}
