// The whole public surface.
export { isaacusEmbedding, type IsaacusEmbeddingOptions, type IsaacusTask } from "./isaacus-embedding.ts";
