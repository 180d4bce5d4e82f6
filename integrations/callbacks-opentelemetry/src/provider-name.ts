/** The names that the conventions give, by how our packages, the AI SDK and LangChain name the provider. */
const wellKnown: readonly (readonly [name: RegExp, provider: string])[] = [
  // Also a host, as `@llx/embeddings-openai` names a resource.
  [
    /^azure([-_ ]?openai)?(\.[\w-]+)?$|\.(openai|services\.ai|cognitiveservices)\.azure\.(com|us)$/,
    "azure.ai.openai",
  ],
  [/^(amazon|aws)?[-_. ]?bedrock(converse)?$/, "aws.bedrock"],
  [/^(google|gcp)?[-_. ]?vertex(_?ai)?(\.[\w-]+)?$/, "gcp.vertex_ai"],
  [/^(google[-_. ]?|gcp\.)?(gemini|generative-?ai|genai)(\.[\w-]+)?$/, "gcp.gemini"],
  // The AI SDK; it has other names for Vertex AI.
  [/^google\.[\w-]+$/, "gcp.gemini"],
  [/^google$/, "gcp.gen_ai"],
  [/^mistral([-_ ]?ai)?(\.[\w-]+)?$/, "mistral_ai"],
  [/^x[-_]?ai(\.[\w-]+)?$/, "x_ai"],
  [/^moonshot([-_]?ai)?(\.[\w-]+)?$/, "moonshot_ai"],
  [/^(ibm[-_. ]?)?watsonx(\.?ai)?$/, "ibm.watsonx.ai"],
];

/** Names that the conventions have as they are, once what the AI SDK appends for the kind of model is removed. */
const sameName = /^(anthropic|cohere|deepseek|groq|openai|perplexity)(\.[\w-]+)?$/;

/** A provider as the conventions name it: `gcp.gemini`; one that they do not list in lower case, with `_` for a space. */
export function providerName(given: string): string {
  // LangChain's models of embeddings are named after their class.
  const name = given.toLowerCase().replace(/(?<=.)embeddings$/, "");
  const known = wellKnown.find(([pattern]) => pattern.test(name))?.[1] ?? sameName.exec(name)?.[1];
  return known ?? given.toLowerCase().replaceAll(" ", "_");
}
