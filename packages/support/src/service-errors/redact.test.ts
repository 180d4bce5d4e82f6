import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redact, secretFilter } from "./redact.ts";

const key = "sk-live-51H8SecretKey";
const text = "The patient Rosalind has a fever.";

const hide = (message: string, keys: string[] = [key], texts: string[] = [text]): string =>
  redact(message, { keys, texts });

describe("redact", () => {
  it.each([
    ["the whole key", `bad key ${key}, sorry`, "bad key [redacted], sorry"],
    ["the key twice", `${key}${key} ${key}`, "[redacted] [redacted]"],
    ["the beginning of the key", "bad key sk-live-51H8...", "bad key [redacted]..."],
    ["no seven characters of the key", "sk-live is no test key", "sk-live is no test key"],
    ["eight characters of the key", "no ...live-51H...", "no ...[redacted]..."],
    ["the end of the key", "no key ****ecretKey", "no key ****[redacted]"],
    ["the whole text", `too long: ${text}`, "too long: […]"],
    ["the beginning of a text", "too long: 'The patient Rosa...'", "too long: '[…]...'"],
    ["the middle of a text", "too long: ...salind has a fever.", "too long: ...[…]"],
    ["nothing of fifteen characters", "too long: The patient Ros", "too long: The patient Ros"],
    ["a text that holds the key", `${key} ${text}`, "[redacted] […]"],
  ])("hides %s", (_what, words, shown) => {
    expect(hide(words)).toBe(shown);
  });

  it("finds a quoted text, wherever it is broken", () => {
    const quoted = 'Dr. "Who"\nsaid: it\'s\tbad — & <worse>.';
    const html = quoted.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
    const ascii = JSON.stringify(quoted).replaceAll("—", "\\u2014");
    const twice = JSON.stringify(JSON.stringify(quoted));
    for (const words of [
      quoted,
      JSON.stringify(quoted),
      ascii,
      twice,
      html,
      quoted.replaceAll("\n", "\r\n  "),
    ]) {
      expect(hide(`no: ${words}`, [], [quoted])).toMatch(/^no: "{0,2}\[…\]"{0,2}$/);
    }
  });

  it("uses the longest match", () => {
    const texts = ["a beginning of many, one", "a beginning of many, two"];
    expect(hide(`no: ${texts[1]}!`, [], texts)).toBe("no: […]!");
  });

  it("returns one line of at most 300 characters, whatever was redacted", () => {
    expect(hide(" one\r\n\ttwo\u0000\u001b[31mthree ")).toBe("one two [31mthree");
    expect(hide("y".repeat(300))).toBe("y".repeat(300));
    expect(hide("y".repeat(301))).toBe(`${"y".repeat(299)}…`);
    expect(hide(`${"y".repeat(295)}${key}`)).toBe(`${"y".repeat(295)}[red…`);
    expect(hide(`${"y".repeat(298)}😀😀`)).toBe(`${"y".repeat(298)}\ufffd…`);
    expect(hide(`${key} `.repeat(900))).toHaveLength(300);
  });

  it("leaves words alone if nothing is redacted", () => {
    expect(hide("model not found", [], [])).toBe("model not found");
    expect(hide("", [], [])).toBe("");
  });

  it("never shows a text of 16 characters or more, nor its beginning", () => {
    const long = fc.string({ minLength: 16, maxLength: 60, unit: "binary" });
    const quote = fc.constantFrom(
      (value: string) => value,
      (value: string) => JSON.stringify(value),
      (value: string) => JSON.stringify(JSON.stringify(value)),
      (value: string) => value.slice(0, 16),
      (value: string) => value.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
    );
    const around = fc.string({ maxLength: 30, unit: "binary" });
    fc.assert(
      fc.property(
        fc.array(long, { minLength: 1, maxLength: 4 }),
        quote,
        around,
        around,
        (texts, echo, a, b) => {
          const shown = redact(a + texts.map(echo).join(b) + b, { keys: [], texts });
          for (const each of texts) {
            expect(shown).not.toContain(each);
            expect(shown).not.toContain(each.slice(0, 16));
          }
          expect(shown.length).toBeLessThanOrEqual(300);
          expect(shown).not.toMatch(/[\n\r]/);
        },
      ),
      { numRuns: 200 },
    );
  }, 30_000);

  it("never shows a secret", () => {
    const letters = fc.string({ minLength: 4, maxLength: 60, unit: fc.constantFrom("a", "b", "c", "-") });
    fc.assert(
      fc.property(letters, letters, letters, letters, (secret, other, a, b) => {
        const words = `${a}${secret}${b}${other}${secret.slice(0, 12)}`;
        expect(redact(words, { keys: [secret, other], texts: [] })).not.toContain(secret);
      }),
    );
  });
});

describe("redact finds a key and a text in each form that services use", () => {
  const base64 = (value: string): string => Buffer.from(value).toString("base64");
  const percent = (value: string): string =>
    Array.from(Buffer.from(value), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const entities = (value: string): string =>
    Array.from(value, (char) => `&#${char.codePointAt(0)!};`).join("");
  const forms: Record<string, (value: string) => string> = {
    "in upper case": (value) => value.toUpperCase(),
    "in lower case": (value) => value.toLowerCase(),
    "cut at the front": (value) => value.slice(3),
    "cut at the end": (value) => value.slice(0, -3),
    "as base64": base64,
    "as base64 behind one byte": (value) => base64(`:${value}`),
    "as base64 behind two bytes": (value) => base64(`u:${value}`),
    "as base64 for a URL": (value) => Buffer.from(`?>${value}`).toString("base64url"),
    "as hex": (value) => Buffer.from(value).toString("hex"),
    "as hex in upper case": (value) => Buffer.from(value).toString("hex").toUpperCase(),
    "encoded for a URL": (value) => encodeURIComponent(value),
    "encoded for a URL, each character": percent,
    "encoded for a URL twice": (value) => encodeURIComponent(percent(value)),
    "encoded as a form": (value) => new URLSearchParams({ value }).toString(),
    "as decimal entities": entities,
    "as hexadecimal entities": (value) =>
      Array.from(value, (char) => `&#x${char.codePointAt(0)!.toString(16)};`).join(""),
    "as escapes of JavaScript": (value) =>
      Array.from(value, (char) => `\\x${char.codePointAt(0)!.toString(16).padStart(2, "0")}`).join(""),
  };

  it.each(Object.entries(forms))("%s", (_form, encode) => {
    expect(hide(`no: ${encode(key)}`)).toMatch(/^no: ?(value=)?.{0,3}\[redacted\].{0,3}$/);
    expect(hide(`no: ${encode(text)}`)).toMatch(/^no: ?(value=)?.{0,3}\[…\].{0,3}$/);
  });

  it.each(["Straße, groß und heiß gefegt", "ΟΔΟΣ προς το λιμάνι", "İstanbul'da yağmurlu bir gün"])(
    "in upper case, where that has other letters: %s",
    (other) => {
      expect(hide(`no: ${other.toUpperCase()}`, [], [other])).toBe("no: […]");
      expect(hide(`no: ${other}`, [], [other])).toBe("no: […]");
    },
  );

  it("short keys, and other values, as a whole", () => {
    expect(hide("a s3cret of s3cre", ["s3cret"])).toBe("a [redacted] of s3cre");
    expect(hide(`a ${base64("s3cret")}`, ["s3cret"])).toBe("a [redacted]");
    const values = ["my-embedding-app"];
    expect(redact("no embedding for MY-EMBEDDING-APP", { keys: [], values, texts: [] })).toBe(
      "no embedding for [redacted]",
    );
  });

  it("and leaves a URL that repeats nothing as it is", () => {
    expect(hide("see https://a.example/a%20b?c=d+e")).toBe("see https://a.example/a%20b?c=d+e");
    expect(hide("50%of 100%25 &#9999999; &bogus; \\x")).toBe("50%of 100%25 &#9999999; &bogus; \\x");
  });

  it("with a fast check of an id", () => {
    const mayShow = secretFilter({ keys: [key, "s3cret"], values: ["my-embedding-app"] });
    for (const encode of Object.values(forms)) expect(mayShow(encode(key))).toBe(true);
    expect(mayShow("id-s3cret-1")).toBe(true);
    expect(mayShow("MY-EMBEDDING-APP")).toBe(true);
    expect(mayShow("req_0123456789")).toBe(false);
    expect(mayShow("")).toBe(false);
  });

  it("takes no quadratic time for runs of backslashes", () => {
    // In quadratic time, this takes longer than a test may.
    const message = "\\".repeat(20_000);
    for (let round = 0; round < 20; round++) {
      expect(redact(message, { keys: ["sk-a-secret-key"], texts: [] })).toBe("\\");
    }
  });

  it("never shows a part of a key, wherever it is cut", () => {
    const letters = fc.string({
      minLength: 8,
      maxLength: 60,
      unit: fc.constantFrom(...Array.from("abcdEFGH0123-_")),
    });
    const encode = fc.constantFrom(...Object.values(forms));
    fc.assert(
      fc.property(letters, encode, fc.nat(40), (secret, form, start) => {
        const echo = form(secret).slice(start);
        const shown = redact(`no: ${echo}`, { keys: [secret], texts: [] });
        for (let index = 0; index + 8 <= secret.length; index++) {
          expect(shown.toLowerCase()).not.toContain(secret.slice(index, index + 8).toLowerCase());
        }
      }),
    );
  });
});

it("finds a text that is encoded behind characters of two units", () => {
  const own = "the user's own text of some length";
  const encoded = Buffer.from(`${"\u{1F600}".repeat(60)}${own}, and more!`).toString("base64");
  expect(redact(`invalid: ${encoded}`, { keys: [], texts: [own] })).toBe("invalid: […]");
});
