// The whole public surface of the reranker.
export { cohereReranker, type CohereRerankerOptions } from "./cohere-reranker.ts";
