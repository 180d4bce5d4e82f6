// The whole public surface.
export { herokuEmbedding, type HerokuEmbeddingOptions } from "./heroku-embedding.ts";
