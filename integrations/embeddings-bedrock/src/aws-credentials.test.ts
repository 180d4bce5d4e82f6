import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AwsCredentials, credentialsOf } from "./aws-credentials.ts";

const minute = 60_000;
const start = Date.parse("2026-11-28T12:00:00Z");

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
    vi.stubEnv(name, "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

/** Returns new credentials each time, which are valid for some minutes. */
function provider(minutes?: number): { calls: () => number; provide: () => Promise<AwsCredentials> } {
  let count = 0;
  const provide = async () => ({
    accessKeyId: `AKIA${++count}`,
    secretAccessKey: "secret",
    ...(minutes !== undefined && { expiration: new Date(Date.now() + minutes * minute) }),
  });
  return { calls: () => count, provide };
}

describe("credentials of a function", () => {
  it("are renewed five minutes before they end", async () => {
    const { provide } = provider(60);
    const credentials = credentialsOf(provide)!;
    const ids: string[] = [];
    for (const at of [0, 54, 55, 109, 110]) {
      vi.setSystemTime(start + at * minute);
      // In order of time.
      // oxlint-disable-next-line no-await-in-loop
      ids.push((await credentials()).accessKeyId);
    }
    expect(ids).toEqual(["AKIA1", "AKIA1", "AKIA2", "AKIA2", "AKIA3"]);
  });

  it("without an end are kept", async () => {
    const { provide, calls } = provider();
    const credentials = credentialsOf(provide)!;
    await credentials();
    vi.setSystemTime(start + 1e9 * minute);
    await credentials();
    expect(calls()).toBe(1);
  });

  it("are loaded once for requests at the same time, and not before", async () => {
    const { provide, calls } = provider(60);
    const credentials = credentialsOf(provide)!;
    expect(calls()).toBe(0);
    const all = await Promise.all([credentials(), credentials(), credentials()]);
    expect(new Set(all).size).toBe(1);
    expect(calls()).toBe(1);
  });

  it("are loaded again after a failure, which is that of the function", async () => {
    const failure = new Error("the metadata service did not respond");
    const good = { accessKeyId: "AKIA", secretAccessKey: "secret" };
    const outcomes: (() => Promise<AwsCredentials>)[] = [
      () => Promise.reject(failure),
      () => {
        throw failure;
      },
      () => Promise.resolve(good),
    ];
    const credentials = credentialsOf(() => outcomes.shift()!())!;
    await expect(credentials()).rejects.toBe(failure);
    await expect(credentials()).rejects.toBe(failure);
    expect(await credentials()).toBe(good);
  });

  it("are checked, and no other attempt is made for wrong ones", async () => {
    const credentials = credentialsOf(async () => undefined as never)!;
    await expect(credentials()).rejects.toMatchObject({
      message: "the accessKeyId of the AWS credentials is missing",
      retryable: false,
    });
  });
});

describe("credentials", () => {
  it("are read from the environment, without blanks around them", async () => {
    expect(credentialsOf(undefined)).toBeUndefined();
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIAENV");
    expect(() => credentialsOf(undefined)).toThrow("the secretAccessKey of the AWS credentials is missing");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", " secret\n");
    vi.stubEnv("AWS_SESSION_TOKEN", "token");
    expect(await credentialsOf(undefined)!()).toEqual({
      accessKeyId: "AKIAENV",
      secretAccessKey: "secret",
      sessionToken: "token",
    });
  });

  it.each([
    [{ secretAccessKey: "secret" }, "the accessKeyId of the AWS credentials is missing"],
    [{ accessKeyId: "AKIA", secretAccessKey: "" }, "the secretAccessKey of the AWS credentials is empty"],
    [
      { accessKeyId: "AKIA", secretAccessKey: "very secret" },
      "the secretAccessKey of the AWS credentials contains a line break, a space or another invalid character; " +
        "copy it again, without anything around it",
    ],
    [
      { accessKeyId: "AKIA", secretAccessKey: "s", sessionToken: "" },
      "the sessionToken of the AWS credentials is empty",
    ],
    ["AKIA", "the accessKeyId of the AWS credentials is missing"],
  ])("cannot be %j", (given, message) => {
    const error = expect.objectContaining({ name: "TypeError", message }) as Error;
    expect(() => credentialsOf(given as never)).toThrow(error);
  });
});
