/** Models of which it was said already. */
const told = new Set<string>();

/** Says, once for each model, that its provider is not told which texts are queries. */
export function warnOfUntoldQueries(provider: string, modelId: string): void {
  const name = `${provider}/${modelId}`;
  if (told.has(name)) return;
  told.add(name);
  process.emitWarning(
    `queries are embedded like documents: fromAiSdk does not know how ${provider} is told that a text is a query (model ` +
      `${modelId}). If the model tells them apart by an option, give providerOptions: (inputType) => ({ … }); if by words ` +
      `in the text, put them there. If it does not, providerOptions: () => ({}) ends this warning`,
    { type: "QueriesUntold", code: "LLX_QUERIES_UNTOLD" },
  );
}
