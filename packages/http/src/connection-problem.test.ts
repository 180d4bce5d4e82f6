import { expect, it } from "vitest";
import { client, failure, rawAnswer, serveRaw, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

it.each([
  [100, "100 (Continue)"],
  [101, "101 (Switching Protocols)"],
])("an unasked status %d is named", async (status, name) => {
  const { url } = await serveRaw((socket) => socket.write(`HTTP/1.1 ${status} Any\r\n\r\n`));
  expect(await failure(client().postJson(url, {}))).toMatchObject({
    name: "ConnectionError",
    message:
      `Example at ${url} responded with ${name}, which no request asks for: ` +
      "the server, or a proxy in front of it, is at fault",
    retryable: true,
  });
});

it.each([102, 103])("an interim status %d is skipped", async (status) => {
  const { url } = await serveRaw((socket) => {
    socket.write(`HTTP/1.1 ${status} Any\r\n\r\n`);
    socket.write(rawAnswer(200, '{"fine":true}'));
  });
  expect((await client().postJson(url, {})).body).toEqual({ fine: true });
});
