import { createHmac } from "node:crypto";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ApiTimeoutError, type RequestToSign } from "./index.ts";
import { client, failure, rawAnswer, serveRaw, useLocalServers } from "./testing/local-server.ts";

useLocalServers();

const mac = (body: Uint8Array | string): string => createHmac("sha256", "secret").update(body).digest("hex");
const answer = (socket: { write(data: Uint8Array): unknown }): unknown => socket.write(rawAnswer(200, "{}"));

describe("sign", () => {
  it("receives all that is sent, and adds its headers", async () => {
    const { url, requests } = await serveRaw(answer);
    const seen: RequestToSign[] = [];
    const http = client({
      sign(request) {
        seen.push(request);
        return { "X-Signature": mac(request.body) };
      },
    });
    await http.postJson(`${url}/a%2Fb?c=d`, { text: "häßlich 🙂" }, { headers: { "X-Team": "a" } });
    const body = '{"text":"häßlich 🙂"}';
    expect(seen).toEqual([
      {
        method: "POST",
        url: `${url}/a%2Fb?c=d`,
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          authorization: "Bearer sk-live-51H8SecretKey",
          "x-team": "a",
        },
        body,
      },
    ]);
    const [head, sent] = requests[0]!.split("\r\n\r\n") as [string, string];
    expect(sent).toBe(Buffer.from(body).toString("latin1"));
    expect(head).toContain(`x-signature: ${mac(Buffer.from(body))}`);
  });

  it("is called for each request, and replaces headers of the same name", async () => {
    const { url, requests } = await serveRaw(answer);
    let count = 0;
    const http = client({ sign: async () => new Map([["Authorization", `Bearer renewed-${++count}`]]) });
    await http.postJson(url, {});
    await http.postBytes(url, {}, { headers: { authorization: "mine" } });
    expect(requests.map((request) => /^authorization: (.*)\r$/m.exec(request)![1])).toEqual([
      "Bearer renewed-1",
      "Bearer renewed-2",
    ]);
  });

  it("fails the request with its own error, without sending it", async () => {
    const { url, requests } = await serveRaw(answer);
    const own = new Error("no credentials");
    const outcomes: (() => Promise<Record<string, string>>)[] = [
      () => Promise.reject(own),
      () => {
        throw own;
      },
      () => Promise.resolve({}),
    ];
    const http = client({ sign: () => outcomes.shift()!() });
    expect(await failure(http.postJson(url, {}))).toBe(own);
    expect(await failure(http.postJson(url, {}))).toBe(own);
    await http.postJson(url, {});
    expect(requests).toHaveLength(1);
  });

  it("fails the request for a header that cannot be sent, without showing it", async () => {
    const { url, requests } = await serveRaw(answer);
    const http = client({ sign: () => ({ "x-token": "very-secret\n" }) });
    const error = await failure(http.postJson(url, {}));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: "the header x-token must be a string without line breaks" });
    expect(requests).toHaveLength(0);
  });

  it("counts towards the time of the request", async () => {
    const { url, requests } = await serveRaw(answer);
    const http = client({ sign: () => new Promise(() => {}), timeout: 20 });
    const error = await failure(http.postJson(url, {}));
    expect(error).toBeInstanceOf(ApiTimeoutError);
    expect(requests).toHaveLength(0);
  });

  it("is left when the request is aborted, and then nothing is sent", async () => {
    const { url, requests } = await serveRaw(answer);
    const { promise, resolve } = Promise.withResolvers<Record<string, string>>();
    const http = client({ sign: () => promise });
    const controller = new AbortController();
    const request = failure(http.postJson(url, {}, { signal: controller.signal }));
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await request).toBe(reason);
    resolve({});
    await promise;
    expect(requests).toHaveLength(0);
  });

  it("must be a function", () => {
    expect(() => client({ sign: "AWS4" as never })).toThrow("sign must be a function, not a string");
  });
});

describe("an error of a signed request", () => {
  const token = `IQoJb3JpZ2luX2VjE${"Ab3/".repeat(40)}`;
  const signature = "b2562b9a39e6968489c5db429593bde96eeebaa36097aafbf8b70bbfade9ba83";
  const authorization =
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261128/us-east-1/bedrock/aws4_request, " +
    `SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=${signature}`;
  const sign = () => ({
    authorization,
    "x-amz-date": "20261128T233600Z",
    "x-amz-security-token": token,
  });

  it("shows neither signature nor token, whatever the service repeats", async () => {
    const parts = [
      authorization,
      signature.slice(20, 40),
      token,
      token.slice(30, 60),
      "AKIAIOSFODNN7EXAMPLE",
      btoa(token),
    ];
    const answers = parts.map((part) =>
      rawAnswer(403, JSON.stringify({ message: `no: ${part}` }), { "x-amzn-requestid": `id-${part}` }),
    );
    const { url } = await serveRaw((socket) => socket.write(answers.shift()!));
    const http = client({ headers: {}, sign });
    for (const _ of parts) {
      // One after another, each with its response.
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(http.postJson(url, {}));
      expect(error).toMatchObject({ message: expect.stringContaining("[redacted]") as string });
      const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
      for (const secret of [...parts.slice(1), "Signature="]) expect(shown).not.toContain(secret);
    }
  });

  it("hides a part of a signature in the id of a response", async () => {
    const ids = [
      `id-${signature.slice(8, 20)}`,
      `id-${token.slice(20, 32)}`,
      "4f1c9a52-7d0b-4e5a-b1f1-0b8a3c5d7e9f",
    ];
    const { url } = await serveRaw((socket) =>
      socket.write(rawAnswer(200, "{}", { "x-amzn-requestid": ids[0]! })),
    );
    const http = client({ headers: {}, sign });
    const shown: unknown[] = [];
    while (ids.length > 0) {
      // One after another, each with its id.
      // oxlint-disable-next-line no-await-in-loop
      shown.push((await http.postJson(url, {})).requestId);
      ids.shift();
    }
    expect(shown).toEqual(["id-[redacted]", "id-[redacted]", "4f1c9a52-7d0b-4e5a-b1f1-0b8a3c5d7e9f"]);
  });

  it("shows the dates by which the service refuses it, and the region", async () => {
    const message =
      "Signature expired: 20261128T233600Z is now earlier than 20261128T234100Z (20261128T234600Z - 5 min.), " +
      "not authorized in us-east-1";
    const { url } = await serveRaw((socket) => socket.write(rawAnswer(403, JSON.stringify({ message }))));
    const error = await failure(client({ headers: {}, sign }).postJson(url, {}));
    expect(error).toMatchObject({ message: `Example responded with 403: ${message}` });
  });
});
