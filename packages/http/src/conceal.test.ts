import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { conceal } from "./conceal.ts";

const key = "sk-live-51H8SecretKey";
const text = "The patient Rosalind has a fever.";

const hide = (words: string, secrets: string[] = [key], texts: string[] = [text]): string =>
  conceal(words, { secrets, texts });

describe("conceal", () => {
  it.each([
    ["the whole key", `bad key ${key}, sorry`, "bad key [redacted], sorry"],
    ["the key twice", `${key}${key} ${key}`, "[redacted] [redacted]"],
    ["the beginning of the key", "bad key sk-live-51H8...", "bad key [redacted]..."],
    ["no more than it must of a key", "sk-live- is no test key", "sk-live- is no test key"],
    ["the whole text", `too long: ${text}`, "too long: […]"],
    ["the beginning of a text", "too long: 'The patient Rosa...'", "too long: '[…]...'"],
    ["the middle of a text", "too long: ...salind has a fever.", "too long: ...[…]"],
    ["nothing of fifteen characters", "too long: The patient Ros", "too long: The patient Ros"],
    ["a text that holds the key", `${key} ${text}`, "[redacted] […]"],
  ])("hides %s", (_what, words, shown) => {
    expect(hide(words)).toBe(shown);
  });

  it("finds a text that was quoted, wherever it was broken", () => {
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

  it("takes the text that matches furthest", () => {
    const texts = ["a beginning of many, one", "a beginning of many, two"];
    expect(hide(`no: ${texts[1]}!`, [], texts)).toBe("no: […]!");
  });

  it("gives one line of 300 characters at the most, whatever was hidden", () => {
    expect(hide(" one\r\n\ttwo\u0000\u001b[31mthree ")).toBe("one two [31mthree");
    expect(hide("y".repeat(300))).toBe("y".repeat(300));
    expect(hide("y".repeat(301))).toBe(`${"y".repeat(299)}…`);
    expect(hide(`${"y".repeat(295)}${key}`)).toBe(`${"y".repeat(295)}[red…`);
    expect(hide(`${"y".repeat(298)}😀😀`)).toBe(`${"y".repeat(298)}\ufffd…`);
    expect(hide(`${key} `.repeat(900))).toHaveLength(300);
  });

  it("leaves words alone where nothing is hidden", () => {
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
          const shown = conceal(a + texts.map(echo).join(b) + b, { secrets: [], texts });
          for (const each of texts) {
            expect(shown).not.toContain(each);
            expect(shown).not.toContain(each.slice(0, 16));
          }
          expect(shown.length).toBeLessThanOrEqual(300);
          expect(shown).not.toMatch(/[\n\r]/);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("never shows a secret", () => {
    const letters = fc.string({ minLength: 4, maxLength: 60, unit: fc.constantFrom("a", "b", "c", "-") });
    fc.assert(
      fc.property(letters, letters, letters, letters, (secret, other, a, b) => {
        const words = `${a}${secret}${b}${other}${secret.slice(0, 12)}`;
        expect(conceal(words, { secrets: [secret, other], texts: [] })).not.toContain(secret);
      }),
    );
  });
});
