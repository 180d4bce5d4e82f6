import {
  Comment,
  type CommentDisplayPart,
  type DeclarationReflection,
  type ParameterReflection,
  type ProjectReflection,
  ReflectionKind,
  type SignatureReflection,
  type SomeType,
} from "typedoc";

/** What typedoc knows of the sources, before it writes pages. */

function required({ parameters = [] }: SignatureReflection): number {
  return parameters.filter(({ flags }) => !flags.isOptional).length;
}

/** The usual overload first: the one that wants the fewest arguments. */
export function orderOverloads(project: ProjectReflection): void {
  for (const reflection of Object.values(project.reflections)) {
    const { signatures } = reflection as DeclarationReflection;
    if (signatures === undefined || signatures.length < 2) continue;
    const words = signatures[0]!.comment;
    signatures.sort((a, b) => required(a) - required(b));
    // The words are above the first one in the source.
    if (words !== undefined) signatures[0]!.comment ??= words.clone();
  }
}

/** Explains parameters without words by the type that they have. */
export function explainParameters(project: ProjectReflection): void {
  for (const reflection of project.getReflectionsByKind(ReflectionKind.Parameter)) {
    const parameter = reflection as ParameterReflection;
    if (parameter.hasComment() || parameter.type === undefined) continue;
    const explained = referencesOf(parameter.type).find((each) => each.hasComment());
    if (explained === undefined) continue;
    parameter.comment = new Comment(firstSentence(explained.comment!.summary));
  }
}

/** The types of ours that make up a type. */
export function referencesOf(type: SomeType | undefined): DeclarationReflection[] {
  switch (type?.type) {
    case "reference":
      return type.reflection instanceof Object ? [type.reflection as DeclarationReflection] : [];
    case "intersection":
    case "union":
      return type.types.flatMap(referencesOf);
    default:
      return [];
  }
}

function firstSentence(parts: readonly CommentDisplayPart[]): CommentDisplayPart[] {
  const sentence: CommentDisplayPart[] = [];
  for (const part of Comment.cloneDisplayParts(parts)) {
    const end = part.kind === "text" ? /[.:](?=\s|$)/.exec(part.text) : null;
    if (end === null) {
      sentence.push(part);
      continue;
    }
    sentence.push({ kind: "text", text: `${part.text.slice(0, end.index)}.` });
    break;
  }
  return sentence;
}
