import type { Buffer } from "node:buffer";
import { NotFoundError } from "./api-error.ts";
import type { FileClient } from "./file-client.ts";
import type { FileUpload, LinesOptions } from "./file-options.ts";
import type { PostOptions } from "./http-options.ts";
import type { JsonResponse } from "./response.ts";

/** The files of batches at a service that has the paths of OpenAI's, `/files` and those below it. */
export class BatchFiles {
  readonly #client: FileClient;
  readonly #embeddingsUrl: string;

  /** @param embeddingsUrl the address of the service's embeddings, which ends with `/embeddings` before its query */
  constructor(client: FileClient, embeddingsUrl: string) {
    this.#client = client;
    this.#embeddingsUrl = embeddingsUrl;
  }

  /** The address of another path of the service, such as `/batches`, with the query of its embeddings and more. */
  at(path: string, query: Readonly<Record<string, string>> = {}): string {
    const address = new URL(this.#embeddingsUrl);
    address.pathname = address.pathname.replace(/\/embeddings$/, path);
    for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
    return address.href;
  }

  /**
   * Uploads an input. Returns its id, unchecked.
   *
   * @throws like `FileClient.upload`
   */
  async upload(
    { name, bytes, open }: Pick<FileUpload, "name" | "bytes" | "open">,
    options: PostOptions,
  ): Promise<unknown> {
    const file = { fields: { purpose: "batch" }, name: batchFileName(name), bytes, open };
    return idOf(await this.#client.upload(this.at("/files"), file, options));
  }

  /**
   * The lines of files, one file after another.
   *
   * @throws like `FileClient.lines`
   */
  async *lines(ids: readonly string[], options: LinesOptions): AsyncGenerator<Buffer, void, undefined> {
    for (const id of ids) yield* this.#client.lines(this.at(`${pathOf(id)}/content`), options);
  }

  /**
   * Deletes files, except for those that are gone already.
   *
   * @throws like `FileClient.delete`
   */
  async remove(ids: readonly string[], options: PostOptions): Promise<void> {
    for (const id of ids) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- a handful
        await this.#client.delete(this.at(pathOf(id)), options);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
    }
  }
}

/** The file's name of an input: OpenAI accepts only this ending. */
export function batchFileName(name: string): string {
  return `${name}.jsonl`;
}

/** The id of what a response describes, unchecked. */
export function idOf({ body }: JsonResponse): unknown {
  return (body as { readonly id?: unknown } | null)?.id;
}

function pathOf(id: string): string {
  return `/files/${encodeURIComponent(id)}`;
}
