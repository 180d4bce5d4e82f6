/** Token counts as a service reports them. A count that the service does not report is absent, never 0. */
export interface Usage {
  readonly inputTokens?: number | undefined;
  readonly outputTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
}

type Count = number | null | undefined;

/**
 * Token counts under the names of a service: those of OpenAI (chat and responses), Anthropic, Gemini, Cohere, Bedrock,
 * Ollama and compatible services, also inside their `usage`, `usageMetadata` or `meta`.
 */
export interface ServiceUsage {
  readonly usage?: object | null | undefined;
  readonly usageMetadata?: object | null | undefined;
  readonly usage_metadata?: object | null | undefined;
  readonly meta?: object | null | undefined;
  /** Cohere's counts; as a number, the AI SDK's total of an embedding. */
  readonly tokens?: object | Count;
  readonly billed_units?: object | null | undefined;
  readonly billedUnits?: object | null | undefined;
  readonly inputTokens?: Count;
  readonly input_tokens?: Count;
  readonly promptTokens?: Count;
  readonly prompt_tokens?: Count;
  readonly promptTokenCount?: Count;
  readonly prompt_eval_count?: Count;
  readonly outputTokens?: Count;
  readonly output_tokens?: Count;
  readonly completionTokens?: Count;
  readonly completion_tokens?: Count;
  readonly candidatesTokenCount?: Count;
  readonly eval_count?: Count;
  readonly totalTokens?: Count;
  readonly total_tokens?: Count;
  readonly totalTokenCount?: Count;
}
