/** A warning that an option has no effect. */
export interface AiSdkWarning {
  type: "unsupported";
  feature: string;
  details: string;
}

/** Warns about options of a call that only a model has here. */
export function warnUnused(
  {
    headers = {},
    providerOptions = {},
  }: {
    readonly headers?: object | undefined;
    readonly providerOptions?: object | undefined;
  },
  others: Readonly<Record<string, boolean>> = {},
): AiSdkWarning[] {
  const unused = {
    ...others,
    // The SDK always sends its own name.
    headers: Object.keys(headers).some((name) => name.toLowerCase() !== "user-agent"),
    providerOptions: Object.keys(providerOptions).length > 0,
  };
  return Object.entries(unused).flatMap(([feature, given]) =>
    given ? [{ type: "unsupported" as const, feature, details: "pass it when you create the model" }] : [],
  );
}
