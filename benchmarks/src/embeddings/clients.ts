import { createEmbeddingModel, parseEmbeddings } from "@llx/embeddings";
import { HttpClient } from "@llx/http";
import { Agent } from "undici";

/** The task of all clients. */
export interface Task {
  readonly url: string;
  readonly texts: readonly string[];
  readonly dimensions: number;
  readonly format: "base64" | "float";
  /** Texts per request. Default 96; for `ai`, its own 2,048. */
  readonly batchSize?: number;
}

/** Embeds all texts, and returns what its users get: vectors of any kind, in order. */
export type Client = (task: Task) => Promise<readonly ArrayLike<number>[]>;

export const defaultBatchSize = 96;
export const workers = 8;

interface Answer {
  data: { index: number; embedding: string | number[] }[];
}

const request = ({ dimensions, format }: Task, input: readonly string[]) => ({
  model: "served",
  input,
  dimensions,
  ...(format === "base64" && { encoding_format: "base64" }),
});

/** Hand-written code: undici, `JSON.parse`, each vector decoded into its own memory; no checks. */
const raw: Client = async (task) => {
  const { batchSize = defaultBatchSize } = task;
  const agent = new Agent();
  const vectors = new Array<Float32Array>(task.texts.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < task.texts.length) {
      const start = next;
      next += batchSize;
      // oxlint-disable-next-line no-await-in-loop -- one after another
      const answer = await agent.request({
        origin: task.url,
        path: "/v1/embeddings",
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(request(task, task.texts.slice(start, start + batchSize))),
      });
      // oxlint-disable-next-line no-await-in-loop
      const { data } = JSON.parse(await answer.body.text()) as Answer;
      for (const { index, embedding } of data) {
        if (typeof embedding === "string") {
          const vector = new Float32Array(task.dimensions);
          Buffer.from(vector.buffer).write(embedding, "base64");
          vectors[start + index] = vector;
        } else {
          vectors[start + index] = Float32Array.from(embedding);
        }
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  await agent.close();
  return vectors;
};

const oursWith =
  (ownMemory: boolean): Client =>
  async (task) => {
    const http = new HttpClient({ provider: "served" });
    const { dimensions, batchSize = defaultBatchSize } = task;
    const model = createEmbeddingModel(
      {
        provider: "served",
        model: "served",
        dimensions,
        limits: { inputs: batchSize },
        embed: async ({ texts }, attempt) => {
          const options = { ...attempt, parse: parseEmbeddings };
          const answer = await http.postJson(`${task.url}/v1/embeddings`, request(task, texts), options);
          return { embeddings: (answer.body as Answer).data };
        },
        aclose: () => http.aclose(),
      },
      { workers, ownMemory },
    );
    try {
      return (await model.getTextEmbeddingBatch(task.texts)).embeddings;
    } finally {
      await model.aclose();
    }
  };

/** As many calls at once as ours, because each call is one request; it requests base64 by default. */
const openai: Client = async (task) => {
  const { OpenAI } = await import("openai");
  const client = new OpenAI({ apiKey: "any", baseURL: `${task.url}/v1` });
  const { batchSize = defaultBatchSize } = task;
  const vectors = new Array<number[]>(task.texts.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < task.texts.length) {
      const start = next;
      next += batchSize;
      const { dimensions, format } = task;
      // oxlint-disable-next-line no-await-in-loop
      const { data } = await client.embeddings.create({
        model: "served",
        input: task.texts.slice(start, start + batchSize),
        dimensions,
        ...(format === "float" && { encoding_format: "float" as const }),
      });
      for (const { index, embedding } of data) vectors[start + index] = embedding;
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return vectors;
};

/** Its own batches, all at once unless limited. */
const langchain: Client = async (task) => {
  const { OpenAIEmbeddings } = await import("@langchain/openai");
  const { dimensions, batchSize = defaultBatchSize } = task;
  const model = new OpenAIEmbeddings({
    apiKey: "any",
    model: "served",
    dimensions,
    batchSize,
    maxConcurrency: workers,
    configuration: { baseURL: `${task.url}/v1` },
    ...(task.format === "float" && { encodingFormat: "float" as const }),
  });
  return model.embedDocuments([...task.texts]);
};

/** Requests numbers. The number of texts per request can only be set by a middleware. */
const ai: Client = async ({ url, texts, dimensions, batchSize }) => {
  const { embedMany, wrapEmbeddingModel } = await import("ai");
  const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
  const provider = createOpenAICompatible({ name: "served", apiKey: "any", baseURL: `${url}/v1` });
  const served = provider.embeddingModel("served");
  const middleware = {
    specificationVersion: served.specificationVersion,
    overrideMaxEmbeddingsPerCall: () => batchSize,
  };
  const { embeddings } = await embedMany({
    model: batchSize === undefined ? served : wrapEmbeddingModel({ model: served, middleware }),
    values: [...texts],
    maxParallelCalls: workers,
    providerOptions: { openaiCompatible: { dimensions } },
  });
  return embeddings;
};

export const clients: Readonly<Record<string, Client>> = {
  raw,
  ours: oursWith(false),
  "ours, ownMemory": oursWith(true),
  openai,
  langchain,
  ai,
};
