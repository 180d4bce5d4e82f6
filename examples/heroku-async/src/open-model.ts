import type { AsyncRunContext } from "@llx/async";
import type { EmbeddingModel } from "@llx/embeddings";
import { startEmbeddingServer } from "@llx/embeddings/testing";
import { herokuEmbedding } from "@llx/embeddings-heroku";
import { fakeHeroku } from "@llx/embeddings-heroku/testing";

const keys = ["EMBEDDING_KEY", "HEROKU_EMBEDDING_KEY", "INFERENCE_KEY"];

/** Heroku's service if there is a key, else a local fake. The run closes both. */
export async function openModel(
  { own }: AsyncRunContext,
  print: (line: string) => void,
): Promise<EmbeddingModel> {
  if (keys.some((name) => process.env[name]?.trim())) {
    const model = own(herokuEmbedding());
    print(`Using Heroku's service with the model ${model.model}.`);
    return model;
  }
  const service = fakeHeroku();
  const server = own(await startEmbeddingServer(service));
  print(
    `No Heroku key in the environment (${keys.join(", ")}): ` +
      `using a fake server on ${server.url}, so the vectors are meaningless.`,
  );
  return own(
    herokuEmbedding({ apiKey: service.apiKey, baseUrl: server.url, model: "cohere-embed-multilingual" }),
  );
}
