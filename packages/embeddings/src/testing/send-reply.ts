import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { FakeReply } from "./fake-service.ts";
import type { PlannedFault } from "./fault.ts";

/**
 * Sends a reply, with the fault of the connection where that is what the request has.
 *
 * @param onAnswered is called when the answer goes out: from then on the request is not under way
 */
export function sendReply(
  response: ServerResponse,
  reply: FakeReply,
  fault: PlannedFault,
  onAnswered: () => void,
): void {
  const whole = Buffer.from(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  const half = whole.subarray(0, Math.floor(whole.length / 2));
  const head = (length: number): void => {
    response.writeHead(reply.status, {
      "content-type": typeOf(reply.body),
      "content-length": length,
      ...reply.headers,
    });
  };
  const answer = (body: Buffer): void => {
    head(body.length);
    onAnswered();
    response.end(body);
  };
  if (typeof fault !== "object") return answer(whole);
  if (fault.kind === "endless") {
    response.writeHead(reply.status, { "content-type": typeOf(reply.body) });
    pour(response);
  } else if (fault.kind === "silent") {
    const { after = "request" } = fault;
    if (after === "request") return;
    head(whole.length);
    if (after === "headers") response.flushHeaders();
    else response.write(half);
  } else if (fault.kind === "reset") {
    onAnswered();
    if (fault.when !== "body") return void response.socket?.resetAndDestroy();
    head(whole.length);
    response.write(half, () => response.socket?.resetAndDestroy());
  } else if (fault.kind === "truncated") {
    if (fault.how === "json") return answer(half);
    onAnswered();
    head(whole.length);
    response.write(half, () => response.socket?.end());
  } else {
    answer(whole);
  }
}

/** Writes as fast as it is read. */
function pour(response: ServerResponse): void {
  const piece = Buffer.alloc(2 ** 16, " ");
  let left = 1024;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left--;
      if (!response.write(piece)) return;
    }
  };
  response.on("drain", more);
  more();
}

function typeOf(body: unknown): string {
  if (typeof body !== "string") return "application/json";
  return body.startsWith("<") ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
}
