import type { AsyncRunContext } from "@llx/async";
import type { EmbeddingModel } from "@llx/embeddings";
import { startEmbeddingServer } from "@llx/embeddings/testing";
import { isaacusEmbedding } from "@llx/embeddings-isaacus";
import { fakeIsaacus } from "@llx/embeddings-isaacus/testing";

/**
 * The Isaacus service if there is a key, else a local fake. The run closes both.
 */
export async function openModel(
  { own }: AsyncRunContext,
  print: (line: string) => void,
): Promise<EmbeddingModel> {
  if (process.env["ISAACUS_API_KEY"]?.trim()) {
    const model = own(isaacusEmbedding());
    print(`Using the Isaacus service with the model ${model.model}.`);
    return model;
  }
  const service = fakeIsaacus();
  const server = own(await startEmbeddingServer(service));
  print(
    "No Isaacus key in the environment (ISAACUS_API_KEY): " +
      `using a fake server on ${server.url}, so the vectors are meaningless.`,
  );
  return own(isaacusEmbedding({ apiKey: service.apiKey, baseUrl: `${server.url}/v1` }));
}
