import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { gzipSync } from "node:zlib";
import { Agent } from "undici";
import { describe, expect, it, vi } from "vitest";
import {
  afterThisTest,
  client,
  rawAnswer,
  serve,
  serveRaw,
  useLocalServers,
} from "./testing/local-server.ts";

useLocalServers();

/** A megabyte, each part of which differs. */
const value = Array.from({ length: 150_000 }, (_, index) => index);
const json = JSON.stringify(value);

/** How many chunks of a response were freed while `post` ran. */
async function freedBy(post: () => Promise<unknown>): Promise<number> {
  const transfer = vi.spyOn(ArrayBuffer.prototype, "transfer");
  try {
    await post();
    return transfer.mock.calls.length;
  } finally {
    transfer.mockRestore();
  }
}

describe("the chunks of a large response", () => {
  it("are freed once they are copied, on each request of a connection", async () => {
    const url = await serve((_request, response) => response.end(json));
    const http = client();
    for (let times = 0; times < 4; times++) {
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const freed = await freedBy(async () => expect((await http.postJson(url, {})).body).toEqual(value));
      expect(freed).toBeGreaterThan(0);
    }
  });

  it("are whole where several responses arrive at once, in parts of any size", async () => {
    const sizes = [1, 1000, 16_384, 40_000, 65_536, 100_000];
    const url = await serve((_request, response) => {
      // Without a content-length, each part is framed on its own.
      for (let start = 0, part = 0; start < json.length; part++) {
        const end = start + sizes[part % sizes.length]!;
        response.write(json.slice(start, end));
        start = end;
      }
      response.end();
    });
    const http = client();
    const posts = Array.from({ length: 6 }, async () => {
      for (let times = 0; times < 3; times++) {
        // oxlint-disable-next-line no-await-in-loop -- one after another
        expect((await http.postJson(url, {})).body).toEqual(value);
      }
    });
    await Promise.all(posts);
  });

  it("are left to a subscriber of undici's channel", async () => {
    const url = await serve((_request, response) => response.end(json));
    const http = client();
    const kept: Buffer[] = [];
    const keep = (message: unknown): void => void kept.push((message as { chunk: Buffer }).chunk);
    subscribe("undici:request:bodyChunkReceived", keep);
    afterThisTest(() => unsubscribe("undici:request:bodyChunkReceived", keep));
    expect(await freedBy(() => http.postJson(url, {}))).toBe(0);
    expect(Buffer.concat(kept).toString()).toBe(json);
  });

  it("are left to another dispatcher", async () => {
    const url = await serve((_request, response) => response.end(json));
    const dispatcher = new Agent();
    afterThisTest(() => dispatcher.destroy());
    expect(await freedBy(() => client({ dispatcher }).postJson(url, {}))).toBe(0);
  });

  it("are left to a decoder, whose chunks share memory", async () => {
    const { url } = await serveRaw((socket) =>
      socket.write(rawAnswer(200, gzipSync(json), { "content-encoding": "gzip" })),
    );
    const post = async (): Promise<void> => expect((await client().postJson(url, {})).body).toEqual(value);
    expect(await freedBy(post)).toBe(0);
  });
});
