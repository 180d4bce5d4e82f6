import type { InputType } from "@llx/embeddings";

/** What is put before a text, by its input type. */
export type Prefixes = Readonly<Partial<Record<InputType, string>>>;

const inputTypes: readonly string[] = Object.keys({
  document: true,
  query: true,
  classification: true,
  clustering: true,
} satisfies Record<InputType, true>);

const forSearch: Prefixes = {
  document: "",
  query: "Represent this sentence for searching relevant passages: ",
};

/** What the models' cards tell to put before a text. The server itself adds nothing. */
const known: Readonly<Record<string, Prefixes | undefined>> = {
  // https://huggingface.co/nomic-ai/nomic-embed-text-v1.5: a prefix is required.
  "nomic-embed-text": {
    document: "search_document: ",
    query: "search_query: ",
    classification: "classification: ",
    clustering: "clustering: ",
  },
  // https://huggingface.co/nomic-ai/nomic-embed-text-v2-moe: a prefix is required.
  "nomic-embed-text-v2-moe": { document: "search_document: ", query: "search_query: " },
  // https://ai.google.dev/gemma/docs/embeddinggemma/model_card#prompt-instructions
  embeddinggemma: {
    document: "title: none | text: ",
    query: "task: search result | query: ",
    classification: "task: classification | query: ",
    clustering: "task: clustering | query: ",
  },
  // https://huggingface.co/Qwen/Qwen3-Embedding-0.6B, config_sentence_transformers.json: prompts of queries only.
  "qwen3-embedding": {
    document: "",
    query: "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:",
  },
  // https://huggingface.co/mixedbread-ai/mxbai-embed-large-v1
  "mxbai-embed-large": forSearch,
  // https://huggingface.co/Snowflake/snowflake-arctic-embed-l
  "snowflake-arctic-embed": forSearch,
  // https://huggingface.co/BAAI/bge-large-en-v1.5
  "bge-large": forSearch,
  // https://huggingface.co/Snowflake/snowflake-arctic-embed-l-v2.0
  "snowflake-arctic-embed2": { document: "", query: "query: " },
};

/**
 * What to put before the texts of a model: as given, else as its card says. Models of other publishers
 * (`publisher/model`) are not known, whatever they are called.
 *
 * @throws TypeError for unknown input types, and for prefixes that are not strings
 */
export function prefixesOf(model: string, given: Prefixes | undefined): Prefixes {
  if (given === undefined) {
    // Not a string: the engine says so.
    const name = typeof model === "string" ? model.toLowerCase().replace(/:[^:/]*$/, "") : "";
    return (Object.hasOwn(known, name) ? known[name] : undefined) ?? {};
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new TypeError('prefixes must be an object such as { query: "search_query: " }');
  }
  for (const [type, prefix] of Object.entries(given as Readonly<Record<string, unknown>>)) {
    if (!inputTypes.includes(type)) {
      throw new TypeError(
        `prefixes are for ${inputTypes.join(", ")}; there is no input type ${JSON.stringify(type)}`,
      );
    }
    if (typeof prefix !== "string")
      throw new TypeError(`prefixes.${type} must be a string, not ${typeof prefix}`);
  }
  return Object.keys(given).length === 0 ? {} : { document: "", query: "", ...given };
}
