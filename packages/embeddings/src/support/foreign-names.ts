const ofModel = "it is an option of the model, not of a call";
const attempts = "it is called retry: { attempts }, which counts the first one too";
const inputs = "it is called limits: { inputs }";

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
  batchSize: inputs,
  chunkSize: inputs,
  maxEmbeddingsPerCall: inputs,
  modelName: "it is called model",
  callbacks: "it is called callbackManager: new CallbackManager({ handlers })",
  encoding_format: "it is called encoding, where a provider has it",
  url: "it is called baseUrl",
  // Options of a model, so these are for calls.
  retry: ofModel,
  rate: ofModel,
  limits: ofModel,
  stopOnError: "false is settle: true",
  timeout: "it is called totalTimeout; timeout is an option of the model, for each attempt",
};
