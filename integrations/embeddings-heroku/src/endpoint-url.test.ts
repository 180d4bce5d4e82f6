import { expect, it } from "vitest";
import { endpointUrl } from "./endpoint-url.ts";

it.each([
  ["https://a.example", "https://a.example/v1/embeddings"],
  ["https://a.example/", "https://a.example/v1/embeddings"],
  ["https://a.example/v1", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/embeddings/", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/chat/completions", "https://a.example/v1/embeddings"],
  ["https://a.example/v1?team=a", "https://a.example/v1/embeddings?team=a"],
  ["https://a.example/proxy", "https://a.example/proxy/v1/embeddings"],
  ["https://a.example/proxy/v1/models", "https://a.example/proxy/v1/embeddings"],
])("the address of %s is %s", (base, whole) => {
  expect(endpointUrl(base)).toBe(whole);
});

it.each(["nowhere", "ftp://a.example", "//a.example"])("%s is not a valid address", (base) => {
  expect(() => endpointUrl(base)).toThrow("baseUrl for Heroku must be an http or https URL");
});
