import { expect, it } from "vitest";
import { prefixesOf } from "./prefixes.ts";

const passages = "Represent this sentence for searching relevant passages: ";
const web = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:";

// As the cards have them, space for space: a prefix with another space is another prefix.
it.each([
  ["nomic-embed-text", "search_query: ", "search_document: "],
  ["nomic-embed-text-v2-moe", "search_query: ", "search_document: "],
  ["embeddinggemma:300m", "task: search result | query: ", "title: none | text: "],
  ["qwen3-embedding:0.6b", web, ""],
  ["mxbai-embed-large", passages, ""],
  ["snowflake-arctic-embed:335m", passages, ""],
  ["bge-large", passages, ""],
  ["snowflake-arctic-embed2", "query: ", ""],
])("%s has the prefixes of its card", (model, query, document) => {
  expect(prefixesOf(model, undefined)).toMatchObject({ query, document });
});

it.each(["bge-m3", "registry:5000/embeddinggemma", "constructor", ""])("%j is not known", (model) => {
  expect(prefixesOf(model, undefined)).toEqual({});
});
