import { expect, it, vi } from "vitest";
import { answering, client, failure, serve, useLocalServers } from "./testing/local-server.ts";

const { loading, gate } = vi.hoisted(() => ({ loading: vi.fn(), gate: Promise.withResolvers<undefined>() }));
vi.mock("undici/index.js", async (original) => {
  loading();
  await gate.promise;
  return original();
});

useLocalServers();

it("loads undici for the first request, which can be aborted and closed meanwhile", async () => {
  const url = await serve(answering(200, JSON.stringify({ done: true })));
  const http = client();
  expect(loading).not.toHaveBeenCalled();
  const controller = new AbortController();
  const aborted = failure(http.postJson(url, {}, { signal: controller.signal }));
  const response = http.postJson(url, {});
  await vi.waitFor(() => expect(loading).toHaveBeenCalledOnce());
  const reason = new Error("enough");
  controller.abort(reason);
  expect(await aborted).toBe(reason);
  const closed = http.aclose();
  const other = client();
  const given = failure(other.postJson(url, {}));
  await other.aclose({ abort: true });
  expect(String(await given)).toContain("was closed while the request was in flight");
  gate.resolve(undefined);
  expect((await response).body).toEqual({ done: true });
  await closed;
  expect(loading).toHaveBeenCalledOnce();
});
