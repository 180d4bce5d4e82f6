import { expect, it } from "vitest";
import { endpointUrl } from "./index.ts";

it.each([
  ["https://a.example/v1", "/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/", "/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1//", "embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example", "/v1/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1", "/v1/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/embeddings", "/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/embeddings/", "/v1/embeddings", "https://a.example/v1/embeddings"],
  ["https://a.example/v1/my-embeddings", "/embeddings", "https://a.example/v1/my-embeddings/embeddings"],
  ["https://a.example/v1/v2", "/v1/embeddings", "https://a.example/v1/v2/v1/embeddings"],
  [
    "https://a.example/openai/deployments/d?api-version=2024-02-01",
    "/embeddings",
    "https://a.example/openai/deployments/d/embeddings?api-version=2024-02-01",
  ],
  [
    "https://a.example/d/embeddings/?api-version=2024-02-01&x=a%20b+c",
    "/embeddings",
    "https://a.example/d/embeddings?api-version=2024-02-01&x=a%20b+c",
  ],
  ["https://a.example/a%2Fb?", "/embeddings", "https://a.example/a%2Fb/embeddings"],
  ["http://localhost:8080#", "/embeddings", "http://localhost:8080/embeddings"],
])("puts together %s and %s", (base, path, url) => {
  expect(endpointUrl("Example", base, path)).toBe(url);
});

it("refuses a fragment, a password and an invalid address, without showing them", () => {
  expect(() => endpointUrl("Example", "https://a.example/v1#sk-1", "/embeddings")).toThrow(
    new TypeError(
      "baseUrl for Example must not contain a fragment (the part after #), which is never sent; omit it",
    ),
  );
  expect(() => endpointUrl("Example", "https://a:sk-1@a.example", "/embeddings")).toThrow(
    "baseUrl for Example must not contain a user name or password",
  );
  expect(() => endpointUrl("Example", "a.example/v1", "/embeddings")).toThrow(
    "baseUrl for Example must be an http or https URL",
  );
});
