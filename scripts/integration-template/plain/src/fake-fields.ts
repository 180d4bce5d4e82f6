import type { FakeAsk } from "@llx/embeddings/testing";

/** Why a request is refused, in words that name the field. */
export class RefusedRequest extends Error {
  override readonly name = "RefusedRequest";
}

interface Served {
  readonly model: string;
  readonly dimensions: number;
}

// Fill in: what the service refuses, by its documents.
const mostTexts = 128;
const mostCharactersOfText = 8192;
const purposes = ["store", "search"] as const;
const fields = ["model", "texts", "purpose"] as const;

/**
 * Checks each field of a request as the documents of Sample Provider say.
 *
 * @throws RefusedRequest for the first that is wrong
 */
export function readFields(body: unknown, served: Served): FakeAsk {
  if (typeof body !== "object" || body === null || Array.isArray(body)) refuse("the body must be an object");
  const request = body as Partial<Record<(typeof fields)[number], unknown>>;
  const unknown = Object.keys(request).find((name) => !(fields as readonly string[]).includes(name));
  if (unknown !== undefined) refuse(`there is no field ${unknown}`);
  if (request.model !== served.model) refuse(`model must be ${served.model}`);
  if (!purposes.some((each) => each === request.purpose)) {
    refuse(`purpose must be one of ${purposes.join(", ")}`);
  }
  const { dimensions } = served;
  return { texts: readTexts(request.texts), dimensions, elementType: "float", encoding: "json" };
}

function readTexts(texts: unknown): string[] {
  if (!Array.isArray(texts)) return refuse("texts must be an array of strings");
  if (texts.length < 1 || texts.length > mostTexts) {
    refuse(`texts must have 1 to ${mostTexts} texts, not ${texts.length}`);
  }
  return texts.map((text: unknown, index) => {
    if (typeof text !== "string") return refuse(`texts[${index}] must be a string`);
    if (text.trim() === "") refuse(`texts[${index}] is blank`);
    if (text.length > mostCharactersOfText) {
      refuse(`texts[${index}] has more than ${mostCharactersOfText} characters`);
    }
    return text;
  });
}

function refuse(problem: string): never {
  throw new RefusedRequest(problem);
}
