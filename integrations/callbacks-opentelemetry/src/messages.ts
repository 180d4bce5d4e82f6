/** A message in the form of the conventions. */
export interface Message {
  readonly role: string;
  readonly parts: readonly unknown[];
  readonly finish_reason?: string;
}

/** A prompt as messages: a string becomes a user message, messages with `role` and `content` are kept. */
export function inputMessages(prompt: unknown): readonly Message[] {
  const messages: readonly unknown[] = Array.isArray(prompt) ? prompt : [prompt];
  return messages.map((message) => toMessage(message, "user"));
}

/** A completion as one message of the assistant. */
export function outputMessages(completion: unknown, finishReason: string | undefined): readonly Message[] {
  return [{ ...toMessage(completion, "assistant"), finish_reason: finishReason ?? "unknown" }];
}

function toMessage(value: unknown, role: string): Message {
  if (!isRecord(value) || typeof value["role"] !== "string") return { role, parts: toParts(value) };
  return { role: value["role"], parts: toParts(value["content"]) };
}

function toParts(content: unknown): readonly unknown[] {
  if (content === undefined || content === null) return [];
  return Array.isArray(content) ? content.map(toPart) : [toPart(content)];
}

/** Texts in the form of the conventions; other parts are kept unchanged. */
function toPart(part: unknown): unknown {
  if (typeof part === "string") return { type: "text", content: part };
  if (!isRecord(part)) return { type: "text", content: String(part) };
  return part["type"] === "text" && "text" in part ? { type: "text", content: part["text"] } : part;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
