// The whole public surface.
export type { AwsCredentialProvider, AwsCredentials } from "./aws-credentials.ts";
export { bedrockEmbedding, type BedrockEmbeddingOptions } from "./bedrock-embedding.ts";
export type { BedrockModelFamily } from "./model-families.ts";
