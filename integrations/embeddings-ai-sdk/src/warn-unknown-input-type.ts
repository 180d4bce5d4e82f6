/** Models that were warned about. */
const warned = new Set<string>();

/** Warns, once per model, that the provider does not learn which texts are queries. */
export function warnUnknownInputType(provider: string, modelId: string): void {
  const name = `${provider}/${modelId}`;
  if (warned.has(name)) return;
  warned.add(name);
  process.emitWarning(
    `queries are embedded like documents: fromAiSdk does not know the option of ${provider} for queries (model ` +
      `${modelId}). If the model has one, pass providerOptions: (inputType) => ({ … }); if it expects an instruction ` +
      `in the text, add it there. If it does not distinguish them, providerOptions: () => ({}) ends this warning`,
    { type: "QueriesUntold", code: "LLX_QUERIES_UNTOLD" },
  );
}
