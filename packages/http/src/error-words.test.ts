import { describe, expect, it } from "vitest";
import { errorWords } from "./error-words.ts";

describe("what a service says", () => {
  it.each([
    ["an error's message", { error: { message: "a", code: 1 }, message: "b" }, "a"],
    ["an error that is a string", { error: "a", message: "b" }, "a"],
    ["a message", { error: { code: 1 }, message: "a", detail: "b" }, "a"],
    ["a detail", { title: "b", detail: "a" }, "a"],
    ["a title", { type: "about:blank", title: "a", detail: "" }, "a"],
    ["a string", "a", "a"],
    ["nothing it knows", { code: 5, secret: "a" }, undefined],
    ["null", null, undefined],
    ["a list", [1], undefined],
  ])("is found in %s", (_form, body, words) => {
    expect(errorWords(JSON.stringify(body), undefined)).toBe(words);
  });

  it("is what is to be read of a page", () => {
    const page = "<html><style>b{}</style><STYLE>c{}</STYLE><h1>502</h1>Bad Gateway<script>while(1)";
    expect(errorWords(page, undefined)?.replaceAll(/\s+/g, " ").trim()).toBe("502 Bad Gateway");
  });

  it("is what readError says, of the JSON or the text", () => {
    const seen: unknown[] = [];
    const readError = (body: unknown): string => {
      seen.push(body);
      return "mine";
    };
    expect([errorWords('{"message":"a"}', readError), errorWords("busy", readError)]).toEqual([
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
    expect(errorWords('{"message":"a"}', readError)).toBe("a");
    expect(errorWords("busy", readError)).toBe("busy");
  });
});
