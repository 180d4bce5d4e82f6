import { expect, it } from "vitest";
import { FileClient } from "./files.ts";
import { HttpClient } from "./index.ts";

it.each([
  [{ provider: "Example", timeOut: 1 }, "there is no option timeOut; did you mean timeout?"],
  [{ provider: "Example", header: {} }, "there is no option header; did you mean headers?"],
])("a client refuses %o", (options, message) => {
  expect(() => new HttpClient(options)).toThrow(new TypeError(message));
});

it("a client shows no value of options that are none", () => {
  expect(() => new HttpClient("sk-secret" as never)).toThrow(
    new TypeError("options must be an object, not a string"),
  );
});

it("a request refuses a wrong name before it is sent", async () => {
  await using client = new HttpClient({ provider: "Example" });
  await expect(client.postJson("http://127.0.0.1:1/", {}, { sginal: 1 } as never)).rejects.toThrow(
    new TypeError("there is no option sginal; did you mean signal?"),
  );
  expect(() => client.aclose({ aborted: true } as never)).toThrow(
    new TypeError("there is no option aborted; did you mean abort?"),
  );
});

it("a stream and the lines of a file refuse wrong options before anything is sent", async () => {
  await using client = new HttpClient({ provider: "Example" });
  await using files = new FileClient({ provider: "Example" });
  const address = "http://127.0.0.1:1/";
  const { signal } = new AbortController();
  await expect(client.stream(address, {}, { timeOut: 1 } as never)).rejects.toThrow(
    new TypeError("there is no option timeOut; did you mean timeout?"),
  );
  await expect(client.stream(address, {}, signal as never)).rejects.toThrow(
    /^options must be a plain object/,
  );
  await expect(files.lines(address, { maxLineByte: 1 } as never).next()).rejects.toThrow(
    new TypeError("there is no option maxLineByte; did you mean maxLineBytes?"),
  );
  await expect(files.lines(address, signal as never).next()).rejects.toThrow(
    /^options must be a plain object/,
  );
});
