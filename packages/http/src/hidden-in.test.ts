import { expect, it } from "vitest";
import { hiddenIn } from "./hidden-in.ts";

const hidden = (body: unknown, headers: Record<string, string> = {}, query = "", secrets: string[] = []) =>
  hiddenIn({ headers, url: new URL(`https://a.example/v1${query}`), body: JSON.stringify(body), secrets });

it("hides what headers hold, and of an authorization the key alone too", () => {
  const headers = {
    authorization: "Bearer sk-1234",
    "x-org": "org-12345678",
    "x-short": "1234567",
    accept: "text/event-stream",
    "content-type": "application/json",
  };
  expect(hidden({}, headers).secrets).toEqual(["Bearer sk-1234", "org-12345678", "sk-1234"]);
  expect(hidden({}, { "proxy-authorization": "Basic dXNlcg==" }).secrets).toContain("dXNlcg==");
});

it("hides keys of the address and of a proxy, if there is more to them than a few signs", () => {
  expect(hidden({}, {}, "?api-key=k-123&version=2024-10-21&token=abc", ["pass", "no"]).secrets).toEqual([
    "k-123",
    "pass",
  ]);
});

it("hides the texts of a body", () => {
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
  expect(hidden(body).texts).toEqual([sixteen, "hello, here I am!", "a short one here", "x".repeat(200)]);
});

it.each([
  ["a list", ["aaaaaaaaaaaaaaaa"], ["aaaaaaaaaaaaaaaa"]],
  ["a text alone", "words of a text and more", ["words of a text and more"]],
  ["a number", 5, []],
  ["nothing", null, []],
])("takes a body that is %s", (_kind, body, texts) => {
  expect(hidden(body).texts).toEqual(texts);
});
