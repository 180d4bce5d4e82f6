import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { checkNames } from "./check-names.ts";

const known = {
  apiKey: true,
  baseUrl: true,
  dimensions: true,
  workers: true,
  retry: true,
  timeout: true,
} as const;
const foreign = { baseURL: "it is called baseUrl", concurrency: "it is called workers" };

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
  [{ concurrency: undefined }, "there is no option concurrency; it is called workers"],
])("%j is refused", (options, message) => {
  expect(() => checkNames(options, known, foreign)).toThrow(new TypeError(message));
});

it.each([{}, { workers: 4, apiKey: "…" }, { dimension: undefined }])("%j is taken", (options) => {
  expect(() => checkNames(options, known, foreign)).not.toThrow();
});

it("refuses an object of a class that has none of the options", () => {
  class Ledger {
    readonly #total = 1;
    get total(): number {
      return this.#total;
    }
  }
  const message = "options must be a plain object, not an object (Ledger)";
  expect(() => checkNames(new Ledger(), known)).toThrow(new TypeError(message));
});

it("takes options that are an object of a class, have no prototype, or come from another realm", () => {
  class Settings {
    get workers(): number {
      return 4;
    }
  }
  const bare = Object.assign(Object.create(null) as object, { workers: 4 });
  const foreignRealm = runInNewContext("({})") as object;
  for (const options of [new Settings(), bare, foreignRealm]) {
    expect(() => checkNames(options, known)).not.toThrow();
  }
});

it("accepts another library's name if the provider has an option of that name", () => {
  expect(() => checkNames({ concurrency: 4 }, { concurrency: true }, foreign)).not.toThrow();
});

it("names the object in which the option is", () => {
  expect(() => checkNames({ input: 4 }, { inputs: true }, {}, "limits.")).toThrow(
    new TypeError("there is no option limits.input; did you mean limits.inputs?"),
  );
});

it.each([
  [null, "null"],
  ["secret", "a string"],
  [undefined, "undefined"],
])("refuses %j, which is no object", (options, given) => {
  expect(() => checkNames(options as never, known)).toThrow(`options must be an object, not ${given}`);
});

it("says how the name of a model is passed, and does not show a string, which may be a key", () => {
  const check = (): void => checkNames("sk-secret" as never, { ...known, model: true });
  expect(check).toThrow(
    new TypeError('options must be an object, not a string; a model is passed as { model: "…" }'),
  );
});

it.each([
  [[], "an object (Array)"],
  [new AbortController().signal, "an object (AbortSignal)"],
  [new Map(), "an object (Map)"],
  [Promise.resolve({}), "a promise that is not awaited"],
])("refuses what is given in place of options", (options, given) => {
  expect(() => checkNames(options, known)).toThrow(
    new TypeError(`options must be a plain object, not ${given}`),
  );
});

it("says how a signal is passed, where the options have one", () => {
  const { signal } = new AbortController();
  expect(() => checkNames(signal, { ...known, signal: true })).toThrow(
    new TypeError("options must be a plain object, not an AbortSignal: pass it as { signal }"),
  );
});

it("takes options of a class", () => {
  class Options {
    workers = 4;
  }
  expect(() => checkNames(new Options(), known)).not.toThrow();
  expect(() => checkNames(Object.create(null) as object, known)).not.toThrow();
});
