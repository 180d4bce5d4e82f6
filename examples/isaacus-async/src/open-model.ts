import type { AsyncRunContext } from "@llx/async";
import type { EmbeddingModel } from "@llx/embeddings";
import { startEmbeddingServer } from "@llx/embeddings/testing";
import { isaacusEmbedding } from "@llx/embeddings-isaacus";
import { fakeIsaacus } from "@llx/embeddings-isaacus/testing";

/**
 * The service of Isaacus where there is a key for it, else a fake one on this machine. The run closes both.
 */
export async function openModel(
  { own }: AsyncRunContext,
  print: (line: string) => void,
): Promise<EmbeddingModel> {
  if (process.env["ISAACUS_API_KEY"]?.trim()) {
    const model = own(isaacusEmbedding());
    print(`Using the service of Isaacus with the model ${model.model}.`);
    return model;
  }
  const service = fakeIsaacus();
  const server = own(await startEmbeddingServer(service));
  print(
    "No Isaacus key in the environment (ISAACUS_API_KEY): " +
      `using a fake server on ${server.url}, so the vectors mean nothing.`,
  );
  return own(isaacusEmbedding({ apiKey: service.apiKey, baseUrl: `${server.url}/v1` }));
}
