// Shorter vectors, in fewer bytes.
import { openaiEmbedding } from "@llx/embeddings-openai";
import { fakeOpenai } from "@llx/embeddings-openai/testing";
import { startEmbeddingServer } from "@llx/embeddings/testing";

const service = fakeOpenai();
const server = await startEmbeddingServer(service);
const apiKey = service.apiKey;
const baseUrl = `${server.url}/v1`;

const model = openaiEmbedding({ apiKey, baseUrl, dimensions: 256, encoding: "base64" });
const embedding = await model.getTextEmbedding("a text");
console.log(embedding.constructor.name, embedding.length, model.dimensions);
console.log(server.requests.map(({ body }) => body));
await model.aclose();
await server.aclose();
