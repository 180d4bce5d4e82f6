import { expect, it } from "vitest";
import { checkNames } from "./check-names.ts";

const known = ["apiKey", "baseUrl", "dimensions", "workers", "retry", "timeout"];

it.each([
  [{ dimension: 512 }, "there is no option dimension; did you mean dimensions?"],
  [{ api_key: "…" }, "there is no option api_key; did you mean apiKey?"],
  [{ TIMEOUT: 1 }, "there is no option TIMEOUT; did you mean timeout?"],
  [{ wrokers: 4 }, "there is no option wrokers; did you mean workers?"],
  [
    { batchSize: 4 },
    "there is no option batchSize; there are apiKey, baseUrl, dimensions, workers, retry, timeout",
  ],
  [
    { workers: 4, url: "…" },
    "there is no option url; there are apiKey, baseUrl, dimensions, workers, retry, timeout",
  ],
  [{ baseURL: "…" }, "there is no option baseURL; it is called baseUrl"],
  [{ concurrency: 4 }, "there is no option concurrency; it is called workers"],
  [
    { maxRetries: 2 },
    "there is no option maxRetries; it is called retry: { attempts }, which counts the first one too",
  ],
])("%j is refused", (options, message) => {
  expect(() => checkNames(options, known)).toThrow(new TypeError(message));
});

it.each([{}, { workers: 4, apiKey: "…" }, { dimension: undefined }])("%j is taken", (options) => {
  expect(() => checkNames(options, known)).not.toThrow();
});

it("accepts another library's name if the provider has an option of that name", () => {
  expect(() => checkNames({ concurrency: 4 }, ["concurrency"])).not.toThrow();
});
