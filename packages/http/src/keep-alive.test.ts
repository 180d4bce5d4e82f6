import { expect, it, vi } from "vitest";
import { client, rawAnswer, serveRaw, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

const keepAliveTimeoutThreshold = 500;

/** How many connections six requests take, one after another, to a server that keeps idle ones for two seconds. */
async function connectionsOf(send: (url: string) => { http: ReturnType<typeof client>; to: string }) {
  const { url, connections } = await serveRaw((socket) =>
    socket.write(rawAnswer(200, "{}", { "keep-alive": "timeout=2" })),
  );
  const { http, to } = send(url.replace("127.0.0.1", "localhost"));
  for (let times = 0; times < 6; times++) {
    // oxlint-disable-next-line no-await-in-loop -- one after another
    await http.postJson(to, {});
  }
  return connections.size;
}

it("closes each connection that the server keeps no longer than the threshold", async () => {
  expect(await connectionsOf((to) => ({ http: client(), to }))).toBe(6);
});

it.each([
  ["straight", (url: string) => ({ http: client({ keepAliveTimeoutThreshold }), to: url })],
  [
    "through a proxy",
    (proxy: string) => ({ http: client({ keepAliveTimeoutThreshold, proxy }), to: "http://api.example" }),
  ],
  [
    "through the environment's proxy",
    (proxy: string) => {
      vi.stubEnv("HTTP_PROXY", proxy);
      return { http: client({ keepAliveTimeoutThreshold }), to: "http://api.example" };
    },
  ],
])("keeps connections where the threshold is lower: %s", async (_way, send) => {
  // undici frees a connection a turn after its response has ended.
  expect(await connectionsOf(send)).toBeLessThanOrEqual(2);
});
