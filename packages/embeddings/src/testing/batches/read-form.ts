import { Buffer } from "node:buffer";
import { type FileHandle, open } from "node:fs/promises";
import type { FakeUpload } from "./fake-batch-service.ts";

const endOfHeaders = "\r\n\r\n";
/** More than any field that is sent. */
const maxField = 64 * 1024;

/**
 * Reads a form with one file, which is written to `path` as it arrives.
 *
 * @throws SyntaxError for what is no such form
 */
export async function readForm(
  body: AsyncIterable<Uint8Array>,
  contentType: string | undefined,
  path: string,
): Promise<FakeUpload> {
  const [, quoted, plain] =
    /^multipart\/form-data;.*?boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType ?? "") ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw new SyntaxError("the content type must be multipart/form-data");
  const reader = new FormReader(boundary, path);
  try {
    for await (const piece of body) await reader.add(Buffer.from(piece));
    return reader.end();
  } finally {
    await reader.close();
  }
}

class FormReader {
  readonly #delimiter: Buffer;
  readonly #path: string;
  readonly #fields: Record<string, string> = {};
  /** What has arrived and is not read yet. A line break makes the first delimiter like the others. */
  #rest: Buffer = Buffer.from("\r\n");
  #state: "before" | "headers" | "field" | "file" | "after" = "before";
  #field = "";
  #file: { name: string; bytes: number } | undefined;
  #handle: FileHandle | undefined;

  constructor(boundary: string, path: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#path = path;
  }

  async add(piece: Buffer): Promise<void> {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    // oxlint-disable-next-line no-await-in-loop -- one part after another
    while (await this.#step());
  }

  end(): FakeUpload {
    if (this.#state !== "after") throw new SyntaxError("the form has no end");
    return { fields: this.#fields, file: this.#file && { ...this.#file, path: this.#path } };
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  /** Whether there may be more to read in what has arrived. */
  async #step(): Promise<boolean> {
    if (this.#state === "after") {
      this.#rest = Buffer.alloc(0);
      return false;
    }
    return this.#state === "headers" ? this.#readHeaders() : this.#readBody();
  }

  async #readHeaders(): Promise<boolean> {
    if (this.#rest.length < 2) return false;
    if (this.#rest.subarray(0, 2).toString() === "--") {
      this.#state = "after";
      return true;
    }
    const end = this.#rest.indexOf(endOfHeaders);
    if (end === -1) return false;
    const headers = this.#rest.toString("utf8", 0, end);
    this.#rest = this.#rest.subarray(end + endOfHeaders.length);
    const [, name] = /;\s*name="([^"]*)"/i.exec(headers) ?? [];
    const [, fileName] = /;\s*filename="([^"]*)"/i.exec(headers) ?? [];
    if (name === undefined) throw new SyntaxError("a part of the form has no name");
    this.#field = name;
    if (fileName === undefined) {
      this.#state = "field";
    } else {
      this.#state = "file";
      this.#file = { name: fileName, bytes: 0 };
      this.#handle = await open(this.#path, "w");
    }
    return true;
  }

  async #readBody(): Promise<boolean> {
    const at = this.#rest.indexOf(this.#delimiter);
    if (at === -1) {
      // The end may be the beginning of a delimiter.
      const sure = Math.max(0, this.#rest.length - this.#delimiter.length);
      if (this.#state !== "field") {
        await this.#write(this.#rest.subarray(0, sure));
        this.#rest = this.#rest.subarray(sure);
      } else if (sure > maxField) {
        throw new SyntaxError("a field of the form is too long");
      }
      return false;
    }
    const content = this.#rest.subarray(0, at);
    if (this.#state === "field") this.#fields[this.#field] = content.toString();
    else await this.#write(content);
    this.#rest = this.#rest.subarray(at + this.#delimiter.length);
    this.#state = "headers";
    return true;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#state !== "file" || bytes.length === 0) return;
    this.#file!.bytes += bytes.length;
    await this.#handle!.writeFile(bytes);
  }
}
