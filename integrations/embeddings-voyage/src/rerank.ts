// The whole public surface of the reranker.
export { voyageReranker, type VoyageRerankerOptions } from "./voyage-reranker.ts";
