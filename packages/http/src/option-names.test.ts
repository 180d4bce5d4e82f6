import { expect, it } from "vitest";
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
