import { describe, expect, it } from "vitest";
import { readUrl } from "./ollama-server.ts";

describe("the address of the server", () => {
  it.each([
    ["gpu.lan", "http://gpu.lan:11434/api/embed"],
    ["gpu.lan:8080", "http://gpu.lan:8080/api/embed"],
    [":8080", "http://127.0.0.1:8080/api/embed"],
    ["0.0.0.0", "http://127.0.0.1:11434/api/embed"],
    ["0.0.0.0:8080", "http://127.0.0.1:8080/api/embed"],
    ["::1", "http://[::1]:11434/api/embed"],
    ["[::]:8080", "http://[::1]:8080/api/embed"],
    ["gpu.lan/ollama", "http://gpu.lan:11434/ollama/api/embed"],
    ["https://gpu.lan", "https://gpu.lan/api/embed"],
    ["http://gpu.lan:8080/", "http://gpu.lan:8080/api/embed"],
    ["http://0.0.0.0:8080", "http://127.0.0.1:8080/api/embed"],
    ['"gpu.lan"', "http://gpu.lan:11434/api/embed"],
    ["ollama.com", "https://ollama.com/api/embed"],
    ["http://10.0.0.0.example", "http://10.0.0.0.example/api/embed"],
  ])("%j is %s", (given, url) => {
    expect(readUrl(given)).toBe(url);
  });

  it.each(["ftp://gpu.lan", "http://", "a b:c"])("%j is none", (given) => {
    expect(() => readUrl(given)).toThrow(TypeError);
  });
});
