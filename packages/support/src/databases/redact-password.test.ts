import { afterEach, expect, it, vi } from "vitest";
import { passwordRedactor } from "./redact-password.ts";

const password = "pa55 w0rd/of:mine";

afterEach(() => {
  vi.unstubAllEnvs();
});

it("is found in causes, in aggregated errors and in the environment", () => {
  vi.stubEnv("PGPASSWORD", "from-the-env");
  const cause = Object.assign(new Error("no"), { detail: "FROM-THE-ENV", code: "28P01" });
  const error = new AggregateError([cause], "several", { cause: new Error(`bad ${password}`) });
  const connectionString = `postgres://user:${encodeURIComponent(password)}@h/db?password=in-the-query`;
  passwordRedactor({ connectionString })(error);
  expect(cause).toMatchObject({ message: "no", detail: "[redacted]", code: "28P01" });
  expect(error.cause).toMatchObject({ message: "bad [redacted]" });
  expect(error.message).toBe("several");
});

it("ignores values that cannot be read or have no password", () => {
  const hostile = {
    get message(): string {
      throw new Error("not to be read");
    },
  };
  const redactPassword = passwordRedactor({ connectionString: "postgres://h/db" });
  for (const value of [hostile, null, undefined, 5, "words", Object.freeze(new Error("words"))]) {
    expect(() => redactPassword(value)).not.toThrow();
  }
});

it("removes a password that is given by itself", () => {
  const error = new Error(`password "${password}" is wrong`);
  passwordRedactor({ host: "h", password })(error);
  expect(error.message).toBe('password "[redacted]" is wrong');
});
