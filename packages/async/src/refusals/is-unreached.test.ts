import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { isUnreached } from "./is-unreached.ts";

const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Starts a server that ends each connection without a response. */
async function rudeServer(): Promise<{ url: string; server: Server }> {
  const server = createServer((_request, response) => response.destroy());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

it("tells a server that does not listen from one that breaks off, by the errors of fetch", async () => {
  const { server, url } = await rudeServer();
  const broken = await errorOf(fetch(url));
  expect(broken).toBeInstanceOf(TypeError);
  expect(isUnreached(broken)).toBe(false);
  await once(server.close(), "close");
  expect(isUnreached(await errorOf(fetch(url)))).toBe(true);
});

it("knows a host that is not found, also by the error of another client", () => {
  expect(isUnreached(Object.assign(new Error("getaddrinfo EAI_AGAIN a.test"), { code: "EAI_AGAIN" }))).toBe(
    true,
  );
  expect(isUnreached(undefined)).toBe(false);
});
