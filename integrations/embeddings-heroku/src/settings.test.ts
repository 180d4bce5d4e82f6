import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type HerokuSettings, readSettings } from "./settings.ts";

const prefixes = ["EMBEDDING", "HEROKU_EMBEDDING", "INFERENCE"];

beforeEach(() => {
  for (const prefix of prefixes) {
    for (const name of ["KEY", "URL", "MODEL_ID"]) vi.stubEnv(`${prefix}_${name}`, undefined);
  }
});

afterEach(() => vi.unstubAllEnvs());

function attach(prefix: string, settings: Partial<Record<"KEY" | "URL" | "MODEL_ID", string>>): void {
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(`${prefix}_${name}`, value);
}

const attached = (name: string): HerokuSettings => ({
  apiKey: `key-${name}`,
  baseUrl: `https://${name}.example`,
  model: `model-${name}`,
});
const variables = (name: string): Record<"KEY" | "URL" | "MODEL_ID", string> => ({
  KEY: `key-${name}`,
  URL: `https://${name}.example`,
  MODEL_ID: `model-${name}`,
});

it.each(prefixes)("the variables of an add-on attached as %s are read", (prefix) => {
  attach(prefix, variables("a"));
  expect(readSettings({})).toEqual(attached("a"));
});

it("of several add-ons, the one named for embeddings is used, whole", () => {
  attach("INFERENCE", variables("chat"));
  attach("EMBEDDING", variables("embed"));
  expect(readSettings({})).toEqual(attached("embed"));
});

it("blank variables count as missing", () => {
  attach("EMBEDDING", { KEY: " ", URL: "", MODEL_ID: "" });
  attach("INFERENCE", { ...variables("a"), MODEL_ID: " " });
  expect(readSettings({})).toEqual({ ...attached("a"), model: undefined });
});

it("the key of one add-on never goes to the address of another", () => {
  attach("EMBEDDING", { KEY: "key-embed" });
  attach("INFERENCE", variables("chat"));
  expect(readSettings({})).toEqual({ apiKey: "key-embed", baseUrl: undefined, model: undefined });
  attach("EMBEDDING", { KEY: "", URL: "https://embed.example" });
  expect(readSettings({})).toEqual(attached("chat"));
});

it("options take precedence over the environment", () => {
  attach("EMBEDDING", variables("a"));
  expect(readSettings({ baseUrl: "https://given.example", model: "given" })).toEqual({
    apiKey: "key-a",
    baseUrl: "https://given.example",
    model: "given",
  });
});

it("a given key goes to its own add-on, to one without a key, or to the default address", () => {
  attach("EMBEDDING", variables("embed"));
  attach("INFERENCE", variables("chat"));
  expect(readSettings({ apiKey: "key-chat" })).toEqual(attached("chat"));
  const other = { apiKey: "other", baseUrl: undefined, model: undefined };
  expect(readSettings({ apiKey: "other" })).toEqual(other);
  attach("INFERENCE", { KEY: "" });
  expect(readSettings({ apiKey: "other" })).toEqual({ ...attached("chat"), apiKey: "other" });
});

it("a key that is missing or cannot be sent is an error that does not show it", () => {
  expect(() => readSettings({})).toThrow(
    "no API key for Heroku: set EMBEDDING_KEY or HEROKU_EMBEDDING_KEY or INFERENCE_KEY, or give the option apiKey",
  );
  expect(() => readSettings({ apiKey: "two words" })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining("two words") as string }),
  );
});
