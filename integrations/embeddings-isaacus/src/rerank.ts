// The whole public surface of the reranker.
export {
  type IsaacusChunking,
  isaacusReranker,
  type IsaacusRerankerOptions,
  type IsaacusScoringMethod,
} from "./isaacus-reranker.ts";
