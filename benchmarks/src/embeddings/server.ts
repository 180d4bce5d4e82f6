import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * Responds to requests for embeddings in OpenAI's form with bodies that are created once, so that the measured time
 * is the client's. A first text such as "wait 200" makes it wait for so many milliseconds. Runs as a process of its
 * own, and sends its port to its parent.
 */
interface Asked {
  readonly input: readonly string[];
  readonly dimensions: number;
  readonly encoding_format?: string;
}

const bodies = new Map<string, Buffer>();

function bodyFor({ input, dimensions, encoding_format: format = "float" }: Asked): Buffer {
  const key = `${input.length} ${dimensions} ${format}`;
  let body = bodies.get(key);
  if (body === undefined) {
    const data = input.map((_text, index) => {
      const numbers = Float32Array.from(
        { length: dimensions },
        (_, at) => Math.sin(index * 31 + at * 7) / 32,
      );
      const embedding =
        format === "base64" ? Buffer.from(numbers.buffer).toString("base64") : Array.from(numbers, shorten);
      return { object: "embedding", index, embedding };
    });
    const usage = { prompt_tokens: input.length * 8, total_tokens: input.length * 8 };
    body = Buffer.from(JSON.stringify({ object: "list", model: "served", data, usage }));
    bodies.set(key, body);
  }
  return body;
}

/** A number as services print it: with nine digits, enough for 32 bits. */
function shorten(value: number): number {
  return Number(value.toPrecision(9));
}

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const asked = JSON.parse(Buffer.concat(parts).toString()) as Asked;
    const body = bodyFor(asked);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    const [, wait] = /^wait (\d+)/.exec(asked.input[0]!) ?? [];
    if (wait === undefined) response.end(body);
    else setTimeout(() => response.end(body), Number(wait));
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
