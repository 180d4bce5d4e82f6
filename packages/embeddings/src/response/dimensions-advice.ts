/** What a provider declares of its dimensions. */
interface DeclaredDimensions {
  readonly provider: string;
  readonly model: string;
  readonly dimensions?: number | undefined;
  readonly options?: readonly string[] | undefined;
}

/**
 * What to do where a service returns another number of dimensions than expected, worded to follow "has 2 dimensions, not
 * 3": usually another model has responded than the one that was declared.
 */
export function dimensionsAdvice(
  { dimensions, model, options = [], provider }: DeclaredDimensions,
  received: number,
): string {
  if (dimensions === undefined) return ", as earlier embeddings had: the service may have changed its model";
  const choices = [
    ...(options.includes("model") ? [`model to the one that ${provider} has`] : []),
    ...(options.includes("dimensions") ? [`dimensions to ${received}`] : []),
  ];
  return ` as ${model} was to have${choices.length > 0 ? `: set the option ${choices.join(", or ")}` : ""}`;
}
