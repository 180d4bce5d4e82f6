import type { InputType } from "@llx/embeddings";
import type { AiSdkEmbeddingModel, AiSdkProviderOptions } from "./ai-sdk-embedding-model.ts";
import { type InputTypeOption, inputTypeOptionOf } from "./input-type-option.ts";

type Given = AiSdkProviderOptions | ((inputType: InputType) => AiSdkProviderOptions) | undefined;

interface OptionsByType {
  /** What is sent with texts of each type that a call may have. */
  readonly byType: ReadonlyMap<InputType, AiSdkProviderOptions | undefined>;
  /** Those that make a difference; none where the same is sent with all of them. */
  readonly inputTypes: readonly InputType[];
  /** Whether the provider is not told of the type, as neither we nor the caller know how. */
  readonly isUntold: boolean;
}

/** The options of the provider for each input type: those given, and what the type is in the provider's words. */
export function optionsByType(model: AiSdkEmbeddingModel, given: Given): OptionsByType {
  const option = inputTypeOptionOf(model);
  const types = Object.keys(option?.values ?? { document: "", query: "" }) as InputType[];
  const byType = new Map(
    types.map((type) => {
      const own = typeof given === "function" ? given(type) : given;
      return [type, option ? withInputType(own, option, type) : own];
    }),
  );
  const different = new Set(Array.from(byType.values(), (options) => JSON.stringify(options)));
  return {
    byType,
    inputTypes: different.size > 1 ? types : [],
    isUntold: option === undefined && typeof given !== "function",
  };
}

/** The options with what texts are embedded for, unless that stands there already. */
function withInputType(
  given: AiSdkProviderOptions | undefined,
  { keys, name, values }: InputTypeOption,
  inputType: InputType,
): AiSdkProviderOptions | undefined {
  const key = keys.find((each) => given?.[each]) ?? keys.at(-1)!;
  const own = given?.[key];
  return own?.[name] === undefined ? { ...given, [key]: { ...own, [name]: values[inputType] } } : given;
}
