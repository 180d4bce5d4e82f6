/** Earlier names, and those of other libraries. If ignored, `baseURL` would send texts and a key to another server. */
export const foreignNames: Readonly<Record<string, string>> = {
  baseURL: "it is called baseUrl",
  callTimeout: "it is called totalTimeout",
  concurrency: "it is called workers",
  maxConcurrency: "it is called workers",
  maxRetries: "it is called retry: { attempts }, which counts the first one too",
};
