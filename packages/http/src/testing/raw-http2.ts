import { createServer, type TLSSocket } from "node:tls";
import type { Certificate } from "./certificate.ts";
import { afterThisTest, listen } from "./local-server.ts";

/** Frames of HTTP/2 (RFC 9113, 6) and their flags. */
const frames = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7 };
const endStream = 1;
const endHeaders = 4;
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Settings by their number. */
export const maxConcurrentStreams = 3;
export const initialWindowSize = 4;

/** One connection of a server whose frames a test writes. Node's own server ends a body before it resets its stream. */
export class RawSession {
  readonly socket: TLSSocket;

  constructor(socket: TLSSocket) {
    this.socket = socket;
  }

  send(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): void {
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head[3] = type;
    head[4] = flags;
    head.writeUInt32BE(stream, 5);
    this.socket.write(Buffer.concat([head, payload]));
  }

  /** The header fields, `:status` only, not indexed (RFC 7541, 6.2.2). */
  headers(stream: number, status: number, ends = false): void {
    const field = Buffer.from([0x08, 3, ...Buffer.from(String(status))]);
    this.send(frames.headers, endHeaders + (ends ? endStream : 0), stream, field);
  }

  data(stream: number, text: string, ends = false): void {
    this.send(frames.data, ends ? endStream : 0, stream, Buffer.from(text));
  }

  answer(stream: number, body = "{}"): void {
    this.headers(stream, 200);
    this.data(stream, body, true);
  }

  reset(stream: number, code: number): void {
    this.send(frames.reset, 0, stream, word(code));
  }

  goAway(lastStream: number, code: number): void {
    this.send(frames.goAway, 0, 0, Buffer.concat([word(lastStream), word(code)]));
  }

  settings(values: Readonly<Record<number, number>>): void {
    const parts = Object.entries(values).map(([id, value]) =>
      Buffer.concat([Buffer.from([0, Number(id)]), word(value)]),
    );
    this.send(frames.settings, 0, 0, Buffer.concat(parts));
  }

  /** Calls `onRequest` with the number of each stream whose request is complete. */
  read(onRequest: (stream: number) => void): void {
    let bytes = Buffer.alloc(0);
    let skipped = false;
    this.socket.on("data", (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      if (!skipped && bytes.length >= preface.length) {
        bytes = bytes.subarray(preface.length);
        skipped = true;
      }
      if (!skipped) return;
      while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
        const end = 9 + bytes.readUIntBE(0, 3);
        const [type, flags, stream] = [bytes[3]!, bytes[4]!, bytes.readUInt32BE(5)];
        const payload = bytes.subarray(9, end);
        bytes = bytes.subarray(end);
        if (type === frames.settings && flags === 0) this.send(frames.settings, 1, 0);
        if (type === frames.ping && flags === 0) this.send(frames.ping, 1, 0, payload);
        if (type <= frames.headers && (flags & endStream) !== 0) onRequest(stream);
      }
    });
  }
}

/** The sessions of a server that calls `answer` for each request: with its stream, and its number from 0. */
export async function serveHttp2(
  certificate: Certificate,
  answer: (session: RawSession, stream: number, request: number) => void,
  settings: Readonly<Record<number, number>> = {},
): Promise<{ url: string; sessions: RawSession[]; requests: () => number }> {
  const sessions: RawSession[] = [];
  let requests = 0;
  const server = createServer({ ...certificate, ALPNProtocols: ["h2"] }, (socket) => {
    const session = new RawSession(socket);
    sessions.push(session);
    socket.on("error", () => {});
    session.settings(settings);
    session.read((stream) => answer(session, stream, requests++));
  });
  server.on("tlsClientError", () => {});
  const url = `https://localhost:${await listen(server)}`;
  afterThisTest(() => {
    for (const { socket } of sessions) socket.destroy();
  });
  return { url, sessions, requests: () => requests };
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
