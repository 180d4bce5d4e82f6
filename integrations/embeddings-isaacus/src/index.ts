// The whole public surface.
export {
  isaacusEmbedding,
  type IsaacusDimensions,
  type IsaacusEmbeddingOptions,
  type IsaacusTask,
} from "./isaacus-embedding.ts";
