// The whole public surface.
export {
  isaacusEmbedding,
  type IsaacusDimensions,
  type IsaacusEmbeddingOptions,
} from "./isaacus-embedding.ts";
