import { afterEach, describe, expect, it, vi } from "vitest";
import { checkUrl, readSetting, requireApiKey } from "./settings.ts";

afterEach(() => vi.unstubAllEnvs());

const variables = ["LLX_TEST_A", "LLX_TEST_B"];

describe("settings", () => {
  it("are the options, otherwise the first variable that is not blank", () => {
    vi.stubEnv("LLX_TEST_A", "  ");
    vi.stubEnv("LLX_TEST_B", " b ");
    expect(readSetting({ given: "g", variables })).toBe("g");
    expect(readSetting({ given: undefined, variables })).toBe("b");
    vi.stubEnv("LLX_TEST_B", "");
    expect(readSetting({ given: undefined, variables })).toBeUndefined();
    vi.stubEnv("LLX_TEST_A", "a");
    expect(readSetting({ given: " ", variables })).toBe("");
    expect(readSetting({ given: undefined, variables: [], fallback: "f" })).toBe("f");
    expect(readSetting({ given: undefined, variables, fallback: "f" })).toBe("a");
    expect(readSetting({ given: null as never, variables, fallback: "f" })).toBeNull();
    const address = readSetting({ given: 5 as never, variables });
    expect(() => checkUrl("Example", address!)).toThrow(
      "the address for Example must be an http or https URL, not number 5",
    );
  });

  it("name what is missing", () => {
    expect(() => requireApiKey("Example", { given: undefined, variables })).toThrow(
      "no API key for Example: set LLX_TEST_A or LLX_TEST_B, or give the option apiKey",
    );
    vi.stubEnv("LLX_TEST_A", "from the environment".replaceAll(" ", "-"));
    expect(requireApiKey("Example", { given: undefined, variables })).toBe("from-the-environment");
    expect(() => requireApiKey("Example", { given: " ", variables })).toThrow(
      "the apiKey for Example is empty",
    );
  });

  it.each(["se\ncret", "se cret", "se\u0000cret", "sécret"])(
    "refuse a key that cannot be sent: %j",
    (given) => {
      expect(() => requireApiKey("Example", { given, variables })).toThrow(
        "the API key for Example contains a line break, a space or another invalid character; copy it again, " +
          "without anything around it",
      );
    },
  );

  it("accept an http or https address", () => {
    expect(checkUrl("Example", "https://a.example/v1")).toBe("https://a.example/v1");
    expect(() => checkUrl("Example", new URL("https://a.example/v1") as never, "baseUrl")).toThrow(
      new TypeError("baseUrl for Example must be an http or https URL, as a string: pass its href"),
    );
    for (const url of ["a.example", "ftp://a.example", ""]) {
      expect(() => checkUrl("Example", url)).toThrow("the address for Example must be an http or https URL");
    }
  });

  it.each(["localhost:4805/v1", "127.0.0.1:4805", "gpu.lan:8080/v1?key=secret"])(
    "show the host of %s",
    (url) => {
      const host = url.split("/", 1)[0]!;
      const message = `baseUrl for Example must be an http or https URL, not ${host}: it needs http:// before it`;
      expect(() => checkUrl("Example", url, "baseUrl")).toThrow(new TypeError(message));
    },
  );

  it("refuse a key that is not a string, without showing it", () => {
    expect(() => requireApiKey("Example", { given: 12345 as never, variables })).toThrow(
      new TypeError("the apiKey for Example must be a string, not of type number"),
    );
  });

  it.each([
    ["ftp://a.example/sk-secret", "not one with ftp://"],
    ["https://user:sec ret@a b", "and this one is not a valid URL"],
    ["sk-secret-sk-secret://a", "and this one does not begin with https:// or http://"],
    ["sk-secret", "and this one does not begin with https:// or http://"],
    ["sk.secret.key", "and this one does not begin with https:// or http://"],
    ["name:12345", "and this one does not begin with https:// or http://"],
    ["", "not an empty string"],
    [undefined as never, "not undefined"],
  ])("say what is wrong with the address %j, but for what may be secret", (url, message) => {
    expect(() => checkUrl("Example", url)).toThrow(
      new TypeError(`the address for Example must be an http or https URL, ${message}`),
    );
  });

  it.each(["https://user:secret@a.example", "https://secret@a.example"])(
    "refuse an address with credentials: %s",
    (url) => {
      expect(() => checkUrl("Example", url)).toThrow(
        new TypeError(
          "the address for Example must not contain a user name or password; send them in the header authorization",
        ),
      );
    },
  );
});
