import { random } from "./fake-vector.ts";

/**
 * A score of a text for a query, from 0 up to 1: the same in every process and on every machine. A text with more of the
 * query's words has a higher one; of those with as many, each has its own. It does not show how relevant texts are.
 *
 * @param seed a different seed gives different scores to texts with as many words; 0 by default
 */
export function fakeScore(query: string, text: string, seed = 0): number {
  const asked = wordsOf(query);
  const there = wordsOf(text);
  const found = [...asked].filter((word) => there.has(word)).length;
  const own = (random(`${query}\n${text}`, seed)() + 1) / 2;
  return (found + own) / (asked.size + 1);
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu));
}
