import { Buffer } from "node:buffer";
import type { ServerResponse } from "node:http";
import type { FakeReply } from "./fake-service.ts";
import type { PlannedFault } from "./fault.ts";

/**
 * Sends a reply, with the planned fault of the connection.
 *
 * @param onSent called when the response is sent: from then on the request is not in flight
 */
export function sendReply(
  response: ServerResponse,
  reply: FakeReply,
  fault: PlannedFault,
  onSent: () => void,
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
  const respond = (body: Buffer): void => {
    head(body.length);
    onSent();
    response.end(body);
  };
  if (typeof fault !== "object") return respond(whole);
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
    onSent();
    if (fault.when !== "body") return void response.socket?.resetAndDestroy();
    head(whole.length);
    response.write(half, () => response.socket?.resetAndDestroy());
  } else if (fault.kind === "truncated") {
    if (fault.how === "json") return respond(half);
    onSent();
    head(whole.length);
    response.write(half, () => response.socket?.end());
  } else {
    respond(whole);
  }
}

/** Writes as fast as it is read. */
function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(2 ** 16, " ");
  let left = 1024;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left--;
      if (!response.write(chunk)) return;
    }
  };
  response.on("drain", more);
  more();
}

function typeOf(body: unknown): string {
  if (typeof body !== "string") return "application/json";
  return body.startsWith("<") ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
}
