import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";

/**
 * The beginning of a body, as text: what has arrived when it ends, breaks off, reaches `maxBytes`, or `milliseconds` have
 * passed. The rest is dropped together with its connection.
 */
export function bodyStart(body: Readable, maxBytes: number, milliseconds: number): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const done = (): void => {
      clearTimeout(timer);
      body.off("data", add);
      body.destroy();
      resolve(new TextDecoder().decode(Buffer.concat(chunks).subarray(0, maxBytes)));
    };
    const add = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= maxBytes) done();
    };
    const timer = setTimeout(done, milliseconds);
    body.on("data", add);
    for (const event of ["end", "error", "close"]) body.once(event, done);
  });
}
