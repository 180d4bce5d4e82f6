import { describe, expect, it } from "vitest";
import { serviceMessage as read, type ReadError } from "./service-message.ts";
import { parseCutJson } from "./find-json.ts";

const serviceMessage = (text: string, readError?: ReadError): string | undefined =>
  read(text, parseCutJson(text), readError);

describe("what a service says", () => {
  it.each([
    ["an error's message", { error: { message: "a", code: 1 }, message: "b" }, "a"],
    ["an error that is a string", { error: "a", code: 1 }, "a"],
    ["an error that is the name of a status", { error: "Bad Request", message: "b" }, "Bad Request: b"],
    ["an error that has the message within", { error: "no: b", message: "b" }, "no: b"],
    ["a message", { error: { code: 1 }, message: "a", detail: "b" }, "a"],
    ["a detail", { title: "b", detail: "a" }, "a"],
    ["a title", { type: "about:blank", title: "a", detail: "" }, "a"],
    ["a string", "a", "a"],
    ["nothing it knows", { code: 5, secret: "a" }, undefined],
    ["null", null, undefined],
    ["a list of numbers", [1], undefined],
    ["a field", { detail: [{ loc: ["body", "input"], msg: "field required" }] }, "input: field required"],
    ["the place in a list", { detail: [{ loc: ["body", "input", 3], msg: "a" }] }, "input.3: a"],
    ["the body itself", { detail: [{ loc: ["body"], msg: "a" }] }, "a"],
    ["another part of a request", { detail: [{ loc: ["header", "x"], msg: "a" }] }, "header.x: a"],
    ["a list of answers", [{ error: { message: "a" } }], "a"],
    ["a list of errors", { success: false, errors: [{ code: 7003, message: "a" }], messages: [] }, "a"],
    ["a list of strings", { error: ["a", "b"] }, "a; b"],
    ["more than a few", { errors: ["a", "b", "c", "d", "e"] }, "a; b; c; and 2 more"],
    ["a message that is an object", { message: { detail: [{ loc: ["body", "m"], msg: "a" }] } }, "m: a"],
    ["JSON in a string", { error: { message: '{"error":{"message":"a"}}' } }, "a"],
    ["JSON behind words", { message: 'HTTP 400: {"error":{"message":"a"}}' }, "HTTP 400: a"],
    ["words before JSON without any", { message: 'bad: {"input":"secret"}' }, "bad: …"],
    ["nothing but what was sent", { message: '{"input":"secret"}' }, undefined],
    ["a list in words", { message: 'must be one of ["a", "b"]' }, 'must be one of ["a", "b"]'],
    ["Amazon's form", { Message: "a" }, "a"],
    ["a reason", { error: { type: "parse", reason: "a" }, status: 400 }, "a"],
    ["OAuth's form", { error: "invalid_client", error_description: "no" }, "invalid_client: no"],
    ["what is too deep", { error: { error: { error: { error: { error: { error: "a" } } } } } }, undefined],
  ])("is found in %s", (_form, body, words) => {
    expect(serviceMessage(JSON.stringify(body))).toBe(words);
  });

  it("is never the value of a field", () => {
    const held = { input: { texts: ["short one"] }, ctx: { error: "short one" }, url: "https://a.example" };
    const body = { detail: [{ type: "missing", loc: ["body", "input"], msg: "Field required", ...held }] };
    expect(serviceMessage(JSON.stringify(body))).toBe("input: Field required");
    const python = "1 validation error:\n {'loc': ('body',), 'msg': 'no', 'input': {'text': 'short one'}}";
    expect(serviceMessage(JSON.stringify({ error: { message: python } }))).toBe(
      "1 validation error:\n {'loc': ('body',), 'msg': 'no' …",
    );
    expect(serviceMessage("{'msg': 'no', 'input': 'short one'}")).toBe("{'msg': 'no' …");
    expect(serviceMessage('{"message":"\'input\': must be a string"}')).toBe("'input': must be a string");
  });

  it.each([
    ["in what was sent", '{"detail":[{"loc":["body","m"],"msg":"a","input":{"texts":["bcd, e'],
    ["within the words", '{"error":{"message":"a'],
    ["behind an escape", '{"message":"a","input":"b\\'],
    ["behind a name", '{"message":"a","input'],
    ["in a number", '{"message":"a","count":-'],
  ])("is found where the body is cut %s", (_where, text) => {
    expect(serviceMessage(text)?.replace("m: ", "")).toBe("a");
  });

  it("is the readable text of a page", () => {
    const page = "<html><style>b{}</style><STYLE>c{}</STYLE><h1>502</h1>Bad Gateway<script>while(1)";
    expect(serviceMessage(page)?.replaceAll(/\s+/g, " ").trim()).toBe("502 Bad Gateway");
  });

  it("is what readError returns, for the JSON or the text", () => {
    const seen: unknown[] = [];
    const readError = (body: unknown): string => {
      seen.push(body);
      return "mine";
    };
    expect([serviceMessage('{"message":"a"}', readError), serviceMessage("busy", readError)]).toEqual([
      "mine",
      "mine",
    ]);
    expect(seen).toEqual([{ message: "a" }, "busy"]);
  });

  it.each([
    ["throws", (): never => expect.fail("mine")],
    ["finds nothing", (): undefined => undefined],
    ["gives no string", (): string => 5 as never],
  ])("is looked for where readError %s", (_what, readError) => {
    expect(serviceMessage('{"message":"a"}', readError)).toBe("a");
    expect(serviceMessage("busy", readError)).toBe("busy");
  });
});
