import { expect, it } from "vitest";
import { endpointUrl } from "./endpoint-url.ts";

it.each([
  ["https://a.example/v1", "https://a.example/v1/embeddings"],
  ["https://a.example/v1///", "https://a.example/v1/embeddings"],
  ["https://a.example", "https://a.example/embeddings"],
  ["https://a.example/v1/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/embeddings/", "https://a.example/v1/embeddings"],
  ["https://a.example/my-embeddings", "https://a.example/my-embeddings/embeddings"],
  [
    "https://x.openai.azure.com/openai/deployments/d?api-version=2024-02-01",
    "https://x.openai.azure.com/openai/deployments/d/embeddings?api-version=2024-02-01",
  ],
  ["http://a.example:8080/v1/?a=1&b=/x/", "http://a.example:8080/v1/embeddings?a=1&b=/x/"],
])("puts the endpoint behind %s", (base, url) => {
  expect(endpointUrl("Example", base, "/embeddings")).toBe(url);
});

it("takes no fragment, and nothing that is no address", () => {
  expect(() => endpointUrl("Example", "https://a.example/v1#here", "/embeddings")).toThrow(
    new TypeError(
      "the address for Example must not hold a fragment (what stands behind #): it is never sent; leave it out",
    ),
  );
  expect(() => endpointUrl("Example", "a.example/v1", "/embeddings")).toThrow(
    "the address for Example must be an http or https URL",
  );
});
