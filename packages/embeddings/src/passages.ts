// The whole public surface of `@llx/embeddings/passages`.
export { type Passage, type SplitOptions, splitText } from "./passages/split-text.ts";
