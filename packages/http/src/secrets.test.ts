import { expect, it } from "vitest";
import { ClientSecrets, sharesPart, textsIn } from "./secrets.ts";

const secretsOf = (headers: Record<string, string> = {}, query = "", more: string[] = []) =>
  new ClientSecrets(more).of({ headers, url: new URL(`https://a.example/v1${query}`) });

it("redacts the values of headers, and also parts of keys", () => {
  const headers = {
    authorization: "Bearer sk-1234",
    "x-api-key": "k-12345",
    "x-org": "org-12345678",
    "x-custom": "0123456789abcdef0123",
    accept: "text/event-stream",
    "content-type": "application/json",
  };
  expect(secretsOf(headers)).toMatchObject({
    keys: ["sk-1234", "k-12345", "0123456789abcdef0123"],
    values: ["Bearer sk-1234", "k-12345", "org-12345678", "0123456789abcdef0123"],
  });
});

it("redacts the password of basic authorization", () => {
  const headers = { "proxy-authorization": `Basic ${btoa("user:pass:word")}` };
  expect(secretsOf(headers).keys).toEqual([btoa("user:pass:word"), "pass:word"]);
});

it("redacts the keys of a signature, but neither its date nor its region", () => {
  const signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
  const authorization =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE2026ABCDE/20150830/us-east-1/iam/aws4_request, " +
    `SignedHeaders=content-type;host;x-amz-date, Signature=${signature}`;
  expect(secretsOf({ authorization, "x-amz-date": "20150830T123600Z" })).toMatchObject({
    keys: ["AKIDEXAMPLE2026ABCDE", signature],
    values: [authorization],
  });
});

it.each([
  ["id-2d79C15B-1", true],
  ["id-2d79c15-1", false],
  ["", false],
])("decides of the id %s whether it shares a part with a header", (id, expected) => {
  expect(sharesPart(id, ["other", "5d672d79c15b13162d"])).toBe(expected);
});

it("redacts keys of the address and of a proxy", () => {
  expect(secretsOf({}, "?api-key=k-123&version=2024-10-21&token=abc", ["pass"]).keys).toEqual([
    "pass",
    "k-123",
    "abc",
  ]);
});

it("decides whether an id may show a key", () => {
  const headers = { authorization: "Bearer sk-live-51H8SecretKey" };
  const { mayBeIn } = secretsOf(headers, "?code=quick-brown&api-key=lazy-dogs", ["jump-over"]);
  for (const id of ["r-51h8secr", "lazy-dogs", "jump-over", btoa("51H8SecretKey")]) {
    expect(mayBeIn(id)).toBe(true);
  }
  for (const id of ["req-1", "quick-brown", ""]) expect(mayBeIn(id)).toBe(false);
});

it("follows keys that change from request to request", () => {
  const secrets = new ClientSecrets([]);
  const url = new URL("https://a.example/v1");
  const first = secrets.of({ headers: { "x-api-key": "first-key" }, url });
  expect(secrets.of({ headers: { "x-api-key": "first-key" }, url })).toBe(first);
  expect(secrets.of({ headers: { "x-api-key": "second-key" }, url }).keys).toEqual(["second-key"]);
  url.search = "?key=third-key";
  expect(secrets.of({ headers: { "x-api-key": "second-key" }, url }).keys).toEqual([
    "second-key",
    "third-key",
  ]);
});

it("redacts the texts of a body", () => {
  const sixteen = "0123456789abcdef";
  const body = {
    model: "a-model/of:a.provider@2024-10-21",
    input: [sixteen, sixteen.slice(1)],
    messages: [{ role: "user", content: { text: "hello, here I am!" } }],
    prompt: "a short one here",
    blob: "x".repeat(200),
    id: "x".repeat(199),
    count: 5,
    none: null,
  };
  expect(textsIn(JSON.stringify(body))).toEqual([
    sixteen,
    "hello, here I am!",
    "a short one here",
    "x".repeat(200),
  ]);
});

it.each([
  ["a list", ["aaaaaaaaaaaaaaaa"], ["aaaaaaaaaaaaaaaa"]],
  ["a text alone", "words of a text and more", ["words of a text and more"]],
  ["a number", 5, []],
  ["nothing", null, []],
])("takes a body that is %s", (_kind, body, texts) => {
  expect(textsIn(JSON.stringify(body))).toEqual(texts);
});
