import { expect, it } from "vitest";
import { prefixesOf } from "./prefixes.ts";

it("a model is known by its name, with any tag", () => {
  for (const name of ["nomic-embed-text", "nomic-embed-text:v1.5", "Nomic-Embed-Text:latest"]) {
    expect(prefixesOf(name, undefined)).toMatchObject({
      query: "search_query: ",
      document: "search_document: ",
    });
  }
  expect(prefixesOf("qwen3-embedding:0.6b", undefined).document).toBe("");
});

it("other models, and those of other publishers, have none", () => {
  for (const name of ["all-minilm", "somebody/nomic-embed-text", "toString"]) {
    expect(prefixesOf(name, undefined)).toEqual({});
  }
});

it("given prefixes take the place of all", () => {
  expect(prefixesOf("nomic-embed-text", {})).toEqual({});
  expect(prefixesOf("nomic-embed-text", { query: "q: " })).toEqual({ document: "", query: "q: " });
});
