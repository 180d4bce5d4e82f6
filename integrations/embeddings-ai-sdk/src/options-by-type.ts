import type { InputType } from "@llx/embeddings";
import type { AiSdkEmbeddingModel, AiSdkProviderOptions } from "./ai-sdk-embedding-model.ts";
import { type InputTypeOption, inputTypeOptionOf } from "./input-type-option.ts";

type Given = AiSdkProviderOptions | ((inputType: InputType) => AiSdkProviderOptions) | undefined;

interface OptionsByType {
  /** The options that are sent with texts of each type. */
  readonly byType: ReadonlyMap<InputType, AiSdkProviderOptions | undefined>;
  /** The types that make a difference; none where all have the same options. */
  readonly inputTypes: readonly InputType[];
  /** Whether the type is not sent, as neither this package nor the caller knows the option for it. */
  readonly isUnknown: boolean;
}

/** The provider's options for each input type: those given, and the type as the provider calls it. */
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
    isUnknown: option === undefined && typeof given !== "function",
  };
}

/** The options with the input type, unless they already have one. */
function withInputType(
  given: AiSdkProviderOptions | undefined,
  { keys, name, values }: InputTypeOption,
  inputType: InputType,
): AiSdkProviderOptions | undefined {
  const key = keys.find((each) => given?.[each]) ?? keys.at(-1)!;
  const own = given?.[key];
  return own?.[name] === undefined ? { ...given, [key]: { ...own, [name]: values[inputType] } } : given;
}
