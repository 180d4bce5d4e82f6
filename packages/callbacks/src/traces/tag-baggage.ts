import type { EventTags } from "../contract/event-tags.ts";
import { tagName } from "./with-tags.ts";

/** What every receiver has to pass on, according to W3C Baggage. */
const mostEntries = 64;
const mostCharacters = 8192;

/**
 * Tags as the `baggage` header of W3C, each with the property `llx`: other systems see them as baggage, and
 * {@link readBaggage} takes only what was a tag. Those beyond 64, or 8,192 characters in all, are left out.
 *
 * @see https://www.w3.org/TR/baggage/
 */
export function writeBaggage(tags: EventTags): string | undefined {
  let header = "";
  let entries = 0;
  for (const [name, value = ""] of Object.entries(tags)) {
    const entry = `${entries === 0 ? "" : ","}${name}=${encodeURIComponent(value.toWellFormed())};llx`;
    if (entries === mostEntries) break;
    if (header.length + entry.length > mostCharacters) continue;
    header += entry;
    entries++;
  }
  return entries === 0 ? undefined : header;
}

/** The tags in a `baggage` header. What others put there, and what cannot be read, is skipped. */
export function readBaggage(header: unknown): EventTags | undefined {
  const text = Array.isArray(header) ? header.join(",") : header;
  if (typeof text !== "string" || text.length > 2 * mostCharacters) return undefined;
  const tags: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const entry of text.split(",", 2 * mostEntries)) {
    const [pair = "", ...properties] = entry.split(";").map((part) => part.trim());
    if (!properties.includes("llx")) continue;
    const [, name = "", value = ""] = /^([^=]*?)\s*=\s*(.*)$/.exec(pair) ?? [];
    if (!tagName.test(name)) continue;
    try {
      tags[name] = decodeURIComponent(value);
    } catch {
      // Not percent-encoded UTF-8.
    }
  }
  return Object.keys(tags).length === 0 ? undefined : tags;
}
