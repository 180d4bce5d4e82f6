/** Strings in a message of unknown origin that look like keys: long mixes of letters and digits, and bearer tokens. */
export function likelyKeys(message: string): string[] {
  const bearers = Array.from(message.matchAll(/\bBearer\s+(\S+)/gi), ([, token]) => token!);
  const runs = message.match(/[\w-]{16,}/g) ?? [];
  return [...bearers, ...runs.filter(looksLikeKey)];
}

/** Names of models, limits and addresses are words separated by punctuation. */
export function looksLikeKey(run: string): boolean {
  return run.split(/[-_]/).some((part) => part.length >= 16 && /\d/.test(part) && /[a-z]/i.test(part));
}
