import {
  checkOptionNames,
  createEmbeddingModel,
  type EmbeddingModel,
  type EmbeddingModelOptions,
  type InputType,
  parseEmbeddings,
} from "@llx/embeddings";
import { HttpClient, type HttpClientOptions } from "@llx/http";
import { checkKeepAlive, checkModelOptions } from "./check-options.ts";
import { readKey, readUrl } from "./ollama-server.ts";
import { prefixesOf } from "./prefixes.ts";
import { readResponse } from "./read-response.ts";
import { withAdvice } from "./with-advice.ts";

export interface OllamaEmbeddingOptions
  extends EmbeddingModelOptions, Pick<HttpClientOptions, "dispatcher" | "headers" | "proxy"> {
  /**
   * For a proxy in front of the server, or for ollama.com; a server on this machine needs none. Default: at
   * `https://ollama.com`, and only there, `OLLAMA_API_KEY` of the environment.
   */
  readonly apiKey?: string | undefined;
  /**
   * In the forms of `OLLAMA_HOST`: `http://gpu.lan:11434`, `gpu.lan`, `gpu.lan:8080`, `:8080`. Default: `OLLAMA_HOST` of
   * the environment, else `http://127.0.0.1:11434`.
   */
  readonly baseUrl?: string | undefined;
  /** A model that the server has pulled. Default `embeddinggemma`. */
  readonly model?: string | undefined;
  /**
   * Numbers in an embedding: the server cuts longer ones, and normalises them again. For models that are trained for it.
   *
   * @default as many as the model has
   */
  readonly dimensions?: number | undefined;
  /**
   * What is put before each text, by its input type, such as `{ query: "search_query: " }`; `{}` for nothing. It becomes
   * part of the text, and of the cache key.
   *
   * @default those of the model's card where its name is known, else none
   */
  readonly prefixes?: Readonly<Partial<Record<InputType, string>>> | undefined;
  /**
   * How long the model stays loaded after a request: a duration such as `"10m"`, or seconds; less than 0 for ever.
   *
   * @default as the server is configured: 5 minutes, if it is not
   */
  readonly keepAlive?: string | number | undefined;
  /**
   * Parameters of the model, such as `{ num_ctx: 8192 }` for longer texts. Sent as `options`.
   *
   * @default as the model's file and the server are configured
   */
  readonly modelOptions?: Readonly<Record<string, unknown>> | undefined;
}

const provider = "Ollama";
/**
 * The server has no limit (`EmbedHandler` of server/routes.go, August 2026). It embeds the texts of a request side by
 * side, as many as it has slots for, so larger requests would only be longer to wait for, and to repeat after a failure.
 */
const limits = { inputs: 32 };
/** One is processed while the next one waits: by default a server processes one at a time (`OLLAMA_NUM_PARALLEL`). */
const defaultWorkers = 2;
/**
 * In milliseconds. The first request waits until the model is loaded: the server allows 5 minutes without progress
 * (`OLLAMA_LOAD_TIMEOUT`), and stops loading if its client goes away.
 */
const defaultTimeout = 300_000;

/** Options that not every provider has. */
const ownOptions = [
  "apiKey",
  "baseUrl",
  "model",
  "dimensions",
  "prefixes",
  "keepAlive",
  "modelOptions",
  "headers",
  "dispatcher",
  "proxy",
] satisfies (keyof OllamaEmbeddingOptions)[];

/**
 * Embeddings by models that run in Ollama.
 *
 * @throws TypeError or RangeError for an invalid key or address, and other invalid options
 * @see https://docs.ollama.com/capabilities/embeddings
 */
export function ollamaEmbedding(options: OllamaEmbeddingOptions = {}): EmbeddingModel {
  checkOptionNames(options, ownOptions);
  const url = readUrl(options.baseUrl);
  const apiKey = readKey(options.apiKey, url);
  const {
    model = "embeddinggemma",
    dimensions,
    keepAlive,
    modelOptions,
    headers,
    dispatcher,
    proxy,
  } = options;
  const prefixes = prefixesOf(model, options.prefixes);
  checkKeepAlive(keepAlive);
  checkModelOptions(modelOptions);
  const http = new HttpClient({ provider, headers, dispatcher, proxy });
  // Sent with each request, whatever form the caller's own headers have.
  const key = apiKey === undefined ? undefined : { authorization: `Bearer ${apiKey}` };
  return createEmbeddingModel(
    {
      provider,
      model,
      variant: JSON.stringify([url, prefixes, modelOptions]),
      dimensions,
      limits,
      capabilities: { inputTypes: Object.keys(prefixes) as InputType[], truncation: true },
      options: ownOptions,
      async embed({ texts, inputType, truncate }, attempt) {
        const prefix = prefixes[inputType] ?? "";
        const body = {
          model,
          input: texts.map((text) => prefix + text),
          // Without this field, a text that is too long is cut silently.
          truncate,
          dimensions,
          keep_alive: keepAlive,
          options: modelOptions,
        };
        try {
          return readResponse(
            await http.postJson(url, body, { ...attempt, headers: key, parse: parseEmbeddings }),
          );
        } catch (error) {
          throw withAdvice(error, url, model);
        }
      },
      aclose: () => http.aclose(),
    },
    {
      ...options,
      workers: options.workers === undefined ? defaultWorkers : options.workers,
      timeout: options.timeout === undefined ? defaultTimeout : options.timeout,
    },
  );
}
