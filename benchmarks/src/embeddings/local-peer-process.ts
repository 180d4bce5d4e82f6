// One of the libraries of `local-peers.ts`, in a process of its own: two versions of onnxruntime-node do not load into one.
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Embedding } from "@llx/embeddings";
import { localEmbedding } from "@llx/embeddings-local";

/** What a library has computed, in the order of the texts. */
type Embed = (texts: readonly string[]) => Promise<readonly ArrayLike<number>[]>;

/** The answer to a list of texts. */
export interface Embedded {
  readonly milliseconds: number;
  readonly vectors: readonly Embedding[];
}

interface Transformers {
  readonly env: object;
  pipeline(
    task: "feature-extraction",
    model: string,
    options: object,
  ): Promise<(texts: readonly string[], options: object) => Promise<{ tolist(): number[][] }>>;
}

interface Fastembed {
  readonly EmbeddingModel: { readonly AllMiniLML6V2: string };
  readonly FlagEmbedding: {
    init(
      options: object,
    ): Promise<{ embed(texts: readonly string[], batchSize: number): AsyncIterable<number[][]> }>;
  };
}

const batch = 32;
const [name, folder] = process.argv.slice(2) as [keyof typeof libraries, string];
const models = join(folder, "models");
const load = async (library: string): Promise<unknown> =>
  import(createRequire(join(folder, "index.js")).resolve(library));

function ours(precision: "fp32" | "int8"): Embed {
  const model = localEmbedding({ workers: 2, truncate: true, engine: "onnxruntime-node", precision });
  return async (texts) => (await model.getTextEmbeddingBatch(texts)).embeddings;
}

const libraries = {
  ours: async () => ours("fp32"),
  "ours, int8": async () => ours("int8"),
  "@huggingface/transformers": async (): Promise<Embed> => {
    const { env, pipeline } = (await load("@huggingface/transformers")) as Transformers;
    Object.assign(env, { allowRemoteModels: false, localModelPath: models });
    const extract = await pipeline("feature-extraction", "minilm", {
      dtype: "fp32",
      device: "cpu",
      session_options: { intraOpNumThreads: 2, interOpNumThreads: 1 },
    });
    return async (texts) => {
      const vectors: ArrayLike<number>[] = [];
      for (let start = 0; start < texts.length; start += batch) {
        // oxlint-disable-next-line no-await-in-loop -- one batch uses both threads
        const output = await extract(texts.slice(start, start + batch), { pooling: "mean", normalize: true });
        vectors.push(...output.tolist());
      }
      return vectors;
    };
  },
  fastembed: async (): Promise<Embed> => {
    const { FlagEmbedding, EmbeddingModel } = (await load("fastembed")) as Fastembed;
    const model = EmbeddingModel.AllMiniLML6V2;
    const options = { model, cacheDir: models, maxLength: 256, showDownloadProgress: false };
    const flag = await FlagEmbedding.init(options);
    return async (texts) => (await Array.fromAsync(flag.embed(texts, batch))).flat();
  },
};

const embed = await libraries[name]();

async function answer(texts: readonly string[]): Promise<void> {
  const start = performance.now();
  const vectors = await embed(texts);
  const milliseconds = performance.now() - start;
  process.send!({ milliseconds, vectors: vectors.map((each) => Float32Array.from(each)) } satisfies Embedded);
}

process.on("message", (texts: readonly string[]) => void answer(texts));
