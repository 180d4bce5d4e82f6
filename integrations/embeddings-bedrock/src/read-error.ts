/** The service's own message in the body of an error, with what to do where it does not say so. */
export function readError(body: unknown): string | undefined {
  const { message } = (body ?? {}) as { readonly message?: unknown };
  // For any other message, its usual place is enough.
  if (typeof message !== "string" || !/access to the model/i.test(message)) return undefined;
  return (
    `${message} (request access to the model for this account and region in the Bedrock console, ` +
    "and allow bedrock:InvokeModel on it)"
  );
}
