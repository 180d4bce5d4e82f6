import { expect, it } from "vitest";
import { shownUrl } from "./shown-url.ts";

it.each([
  ["https://a.example/v1", "https://a.example/v1"],
  ["https://a.example/v1?api-version=2024-02-01", "https://a.example/v1?api-version=2024-02-01"],
  ["https://a.example/v1?key=k-1&Version=2&x=y", "https://a.example/v1?key=…&Version=2&x=…"],
  ["https://a.example/v1?sk-1", "https://a.example/v1?…"],
  ["https://a.example/?#sk-1", "https://a.example/"],
])("shows %s", (url, shown) => {
  expect(shownUrl(new URL(url))).toBe(shown);
});
