import type { Buffer } from "node:buffer";
import type { AsyncClosable } from "@llx/async";
import { checkCount, checkNames, type NamesOf, redact } from "@llx/support";
import { chunkStream } from "./chunk-stream.ts";
import type { Exchange } from "./exchange.ts";
import { fileForm, type FileForm } from "./file-form.ts";
import type { FileUpload, LinesOptions } from "./file-options.ts";
import type { HttpClientOptions, PostOptions } from "./http-options.ts";
import { HttpClient, type RequestKind, send } from "./http-client.ts";
import { readJson } from "./read-json.ts";
import { readHeaders } from "./read-headers.ts";
import type { RequestWatch } from "./request-watch.ts";
import type { JsonResponse } from "./response.ts";
import { ClientSecrets, type Secrets } from "./secrets.ts";
import { splitLines } from "./split-lines.ts";
import { BodyJoiner, readChunks } from "./whole-body.ts";

const names: NamesOf<PostOptions> = {
  signal: true,
  timeout: true,
  maxBytes: true,
  headers: true,
  attempt: true,
};
const lineNames: NamesOf<LinesOptions> = {
  signal: true,
  timeout: true,
  headers: true,
  attempt: true,
  maxLineBytes: true,
};
const json = "application/json";
const defaultMaxLineBytes = 2 ** 20;

/**
 * Calls a service that works on files: uploads them, reads them line by line, and creates, reads and deletes its
 * resources. Connections, time-outs and errors are those of `HttpClient`.
 */
export class FileClient implements AsyncClosable {
  readonly #client: HttpClient;
  readonly #joiner = new BodyJoiner();
  /** Of the headers of each request. */
  readonly #secrets: Secrets;

  /** @throws TypeError or RangeError for invalid options, without showing what may be secret */
  constructor(options: HttpClientOptions) {
    this.#client = new HttpClient(options);
    const sent = { headers: readHeaders(options.headers), url: new URL("http://localhost") };
    this.#secrets = new ClientSecrets([]).of(sent);
  }

  get closed(): boolean {
    return this.#client.closed;
  }

  /** As that of `HttpClient`. */
  aclose(options: { readonly abort?: boolean | undefined } = {}): Promise<void> {
    return this.#client.aclose(options);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.aclose();
  }

  /** @throws like `HttpClient.postJson` */
  getJson(url: string, options?: PostOptions): Promise<JsonResponse> {
    return this.#send(json, url, options, { method: "GET", names }, (exchange, watch) =>
      readJson(exchange, watch, this.#joiner),
    );
  }

  /** As that of `HttpClient`. */
  postJson(url: string, body: unknown, options?: PostOptions): Promise<JsonResponse> {
    return this.#client.postJson(url, body, options);
  }

  /**
   * Deletes what is at an address, whatever the service responds with.
   *
   * @throws like `HttpClient.postJson`: a NotFoundError if it is gone already
   */
  delete(url: string, options?: PostOptions): Promise<void> {
    return this.#send(json, url, options, { method: "DELETE", names }, async (exchange, watch) => {
      const response = await exchange.send();
      await exchange.untilEnded(readChunks(response.body, response.limit));
      watch.finish();
    });
  }

  /**
   * Uploads a file in a form, piece by piece: none of it is kept. `timeout` limits the wait until the service takes the next
   * piece, and then the time to its response.
   *
   * @throws like `HttpClient.postJson`; what reading the file throws; RangeError if it has another size than it states
   */
  async upload(url: string, file: FileUpload, options?: PostOptions): Promise<JsonResponse> {
    const form = fileForm(file);
    const headers = { "content-type": form.type, "content-length": String(form.bytes) };
    return this.#send(json, url, options, { method: "POST", headers, names }, (exchange, watch) =>
      readJson(exchange, watch, this.#joiner, undefined, piecesOf(form, file, exchange, watch)),
    );
  }

  /**
   * Reads a file of lines, none of which is kept, without the ends of lines and without empty lines. `timeout` limits the
   * time to the headers of the response, and then each wait for more of it: no other limit of time applies. A line stays
   * valid as long as it is referenced.
   *
   * @throws like `HttpClient.postJson`; ConnectionError if the response breaks off; MalformedResponseError for a line that
   *   is too long
   */
  async *lines(url: string, options: LinesOptions = {}): AsyncGenerator<Buffer, void, undefined> {
    checkNames(options, lineNames);
    const { maxLineBytes = defaultMaxLineBytes, ...others } = options;
    checkCount("maxLineBytes", maxLineBytes);
    const unlimited = { ...others, maxBytes: Number.POSITIVE_INFINITY };
    const { body, exchange } = await this.#send("*/*", url, unlimited, { method: "GET", names }, openChunks);
    const most = maxLineBytes.toLocaleString("en-US");
    // Leaving early cancels the stream, and with it the request.
    yield* splitLines(body, maxLineBytes, () =>
      exchange.malformed(`a line of more than ${most} bytes`, false),
    );
  }

  /** A message of the service from within a valid response, cut, on one line and without the keys that it may repeat. */
  redact(message: string): string {
    return redact(message, { ...this.#secrets, texts: [] });
  }

  #send<T>(
    accept: string,
    url: string,
    options: PostOptions | undefined,
    kind: RequestKind,
    read: (exchange: Exchange, watch: RequestWatch) => Promise<T>,
  ): Promise<T> {
    return send(this.#client, accept, url, options, read, kind);
  }
}

async function openChunks(exchange: Exchange, watch: RequestWatch) {
  return { body: chunkStream(exchange, await exchange.send(), watch), exchange };
}

/** The pieces of an upload. The service's time runs while it has a piece to take, not while the file is read. */
async function* piecesOf(
  { head, tail }: FileForm,
  { bytes, open }: FileUpload,
  exchange: Exchange,
  watch: RequestWatch,
): AsyncGenerator<Uint8Array, void, undefined> {
  let sent = 0;
  const offered = (piece: Uint8Array): Uint8Array => {
    exchange.limitWait("accepted no more of the upload");
    return piece;
  };
  try {
    yield offered(head);
    watch.removeLimit();
    for await (const piece of open()) {
      sent += piece.length;
      if (sent > bytes) break;
      yield offered(piece);
      watch.removeLimit();
    }
    if (sent !== bytes) {
      const found = sent > bytes ? "more" : `${sent.toLocaleString("en-US")} bytes`;
      const error = new RangeError(
        `the file to upload has ${found}, not ${bytes.toLocaleString("en-US")} bytes as stated; ` +
          "state its size after it is written",
      );
      // Another attempt would read the same file.
      throw Object.assign(error, { retryable: false });
    }
    yield offered(tail);
  } catch (error) {
    // It is no failure of the connection.
    watch.end(error);
    throw error;
  }
  exchange.limitWait("did not respond to the upload");
}
