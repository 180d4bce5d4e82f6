import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { permittedPath } from "./access.ts";

const access = { port: 4777, token: "right-token" };

function pathFor(url: string, headers: Record<string, string> = {}, method = "GET"): string | undefined {
  const request = { url, method, headers: { host: "127.0.0.1:4777", ...headers } };
  return permittedPath(request as unknown as IncomingMessage, access);
}

describe("permittedPath", () => {
  it("is the path below the token", () => {
    expect(pathFor("/right-token/")).toBe("");
    expect(pathFor("/right-token/events?x=1")).toBe("events");
    expect(pathFor("/right-token/page.js", {}, "HEAD")).toBe("page.js");
  });

  it.each([
    "/",
    "/events",
    "/wrong-token/",
    "/right-token",
    "/right-toke/",
    "/RIGHT-TOKEN/",
    "//right-token/",
    "/x/right-token/",
  ])("gives nothing for %s", (url) => {
    expect(pathFor(url)).toBeUndefined();
  });

  it("gives nothing below a path", () => {
    expect(pathFor("/right-token/a/b")).toBeUndefined();
  });

  it.each(["evil.example:4777", "127.0.0.1", "127.0.0.1:4778", "localhost.evil.example:4777", ""])(
    "gives nothing for the host %j: its name may have been made to mean this machine",
    (host) => {
      expect(pathFor("/right-token/", { host })).toBeUndefined();
    },
  );

  it.each(["localhost:4777", "[::1]:4777"])("takes the host %s", (host) => {
    expect(pathFor("/right-token/", { host })).toBe("");
  });

  it.each(["http://evil.example", "https://127.0.0.1:4777", "http://127.0.0.1:4778", "null"])(
    "gives nothing to the origin %s",
    (origin) => {
      expect(pathFor("/right-token/events", { origin })).toBeUndefined();
    },
  );

  it("takes its own origin", () => {
    expect(pathFor("/right-token/events", { origin: "http://127.0.0.1:4777" })).toBe("events");
  });

  it("gives nothing to what another site loads, but a person may follow a link", () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" };
    expect(pathFor("/right-token/page.js", headers)).toBeUndefined();
    expect(pathFor("/right-token/page.js", { ...headers, "sec-fetch-site": "same-site" })).toBeUndefined();
    expect(pathFor("/right-token/", { ...headers, "sec-fetch-mode": "navigate" })).toBe("");
    expect(pathFor("/right-token/page.js", { ...headers, "sec-fetch-site": "same-origin" })).toBe("page.js");
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("gives nothing to %s", (method) => {
    expect(pathFor("/right-token/", {}, method)).toBeUndefined();
  });
});
