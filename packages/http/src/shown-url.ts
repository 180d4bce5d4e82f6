/** A URL as a message may show it: of its query only the names, and the values that are versions. */
export function shownUrl(url: URL): string {
  const query = [...url.searchParams].map(([name, value]) =>
    // A name without a value may be a key.
    value === "" ? "…" : `${name}=${/version/i.test(name) ? value : "…"}`,
  );
  return url.origin + url.pathname + (query.length > 0 ? `?${query.join("&")}` : "");
}
