const attempts = "it is called retry: { attempts }, which counts the first one too";

/** Earlier names, and those of other libraries. If ignored, `baseURL` would send texts and a key to another server. */
export const foreignNames: Readonly<Record<string, string>> = {
  baseURL: "it is called baseUrl",
  abortSignal: "it is called signal",
  defaultHeaders: "it is called headers",
  openAIApiKey: "it is called apiKey",
  fetch: "requests are sent by undici: pass a dispatcher or a proxy",
  fetchOptions: "requests are sent by undici: pass a dispatcher or a proxy",
  callTimeout: "it is called totalTimeout",
  concurrency: "it is called workers",
  maxConcurrency: "it is called workers",
  maxParallelCalls: "it is called workers",
  maxRetries: attempts,
  retries: attempts,
  batchSize: "it is called limits: { inputs }",
  maxEmbeddingsPerCall: "it is called limits: { inputs }",
  modelName: "it is called model",
  callbacks: "it is called callbackManager: new CallbackManager({ handlers })",
  encoding_format: "it is called encoding, where a provider has it",
  url: "it is called baseUrl",
  // An option of a model, so this is for calls.
  timeout: "it is called totalTimeout; timeout is an option of the model, for each attempt",
};
