import { countTokens as count } from "gpt-tokenizer/encoding/cl100k_base";

/** Longer parts of a text would take quadratic time where they have no blanks. */
const partLength = 4_000;

/**
 * Counts the tokens of a text as OpenAI's models for embeddings do: all of them have the encoding `cl100k_base`
 * (https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb, as of November 2026). It takes
 * time in proportion to the text. What looks like a special token is counted as text.
 *
 * Exact, but for words of more than 4,000 characters, which are counted in parts: a few tokens too many.
 *
 * @example
 * ```ts
 * import { openaiEmbedding } from "@llx/embeddings-openai";
 * import { countTokens } from "@llx/embeddings-openai/tokens";
 *
 * const model = openaiEmbedding({ countTokens, truncate: { tokens: 8_191 } });
 * ```
 */
export function countTokens(text: string): number {
  let tokens = 0;
  for (let start = 0; start < text.length;) {
    const end = partEnd(text, start);
    tokens += count(text.slice(start, end), ordinaryText);
    start = end;
  }
  return tokens;
}

const ordinaryText = { disallowedSpecial: new Set<string>() };

/** Before a single blank, where the encoding separates in any case; else anywhere but within a character. */
function partEnd(text: string, start: number): number {
  const end = start + partLength;
  if (end >= text.length) return text.length;
  for (let at = end; at > start + 1; at--) {
    if (text[at] === " " && /\S/.test(text[at - 1]!) && /\S/.test(text[at + 1]!)) return at;
  }
  return (text.charCodeAt(end) & 0xfc00) === 0xdc00 ? end - 1 : end;
}
