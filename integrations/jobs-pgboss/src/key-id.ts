import { hash } from "node:crypto";

/** The id of the job with this key: always the same, so that the database itself refuses a second one. */
export function keyId(name: string, key: string): string {
  const hex = hash("sha256", `${name}\0${key}`);
  // A UUID of version 8, which is for rules of one's own, and of the usual variant.
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
