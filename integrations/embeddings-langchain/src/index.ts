// The whole public surface. An addition needs a reason.
export { fromLangChain, type FromLangChainOptions } from "./from-lang-chain.ts";
export { LangChainError } from "./lang-chain-error.ts";
export { toLangChain } from "./to-lang-chain.ts";
