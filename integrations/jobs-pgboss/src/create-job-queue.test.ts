import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { createJobQueue, defineJob } from "./index.ts";
import { all } from "./testing/each-queue.ts";

describe("createJobQueue", () => {
  it.each([
    [{ connectionString: "postgres://h/d", directory: "d" }, "not both"],
    [{ connectionString: "mysql://user:hush@h" }, "connectionString must be a URL, postgres://"],
    [{ connectionString: "postgres://user:hush@h:port" }, "connectionString must be a URL, postgres://"],
    [{ directory: "" }, "directory must be a path, not an empty string"],
    [{ schema: "Jobs;" }, "schema must have 1 to 50 lower-case letters"],
    [{ connections: 0 }, "connections must be a whole number from 1, not 0"],
    [{ dir: "./jobs" }, "there is no option dir; it is called directory"],
    [{ url: "postgres://user:hush@h/d" }, "there is no option url; it is called connectionString"],
    [
      "postgres://user:hush@h/d",
      'options must be an object, not a string; pass { directory: "./jobs" } or { connectionString: "postgres://…" }',
    ],
  ])("refuses %j", async (options, message) => {
    const failure: unknown = await createJobQueue(options as object).catch((error: unknown) => error);
    expect(failure).toHaveProperty("message", expect.stringContaining(message));
    expect(inspect(failure, { depth: 9 })).not.toContain("hush");
  });

  it("names the database that does not respond, without the password", async () => {
    const connectionString = "postgres://user:hush@127.0.0.1:1/jobs";
    const failure: unknown = await createJobQueue({ connectionString }).catch((error: unknown) => error);
    expect(failure).toHaveProperty(
      "message",
      "the job queue cannot open PostgreSQL at 127.0.0.1:1/jobs: connect ECONNREFUSED 127.0.0.1:1",
    );
    expect(inspect(failure, { depth: 9 })).not.toContain("hush");
  });

  it("refuses a file in place of a directory", async () => {
    const folder = mkdtempSync(join(tmpdir(), "llx-jobs-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const directory = join(folder, "notes.txt");
    writeFileSync(directory, "");
    for (const each of [directory, join(directory, "jobs")]) {
      await expect(createJobQueue({ directory: each })).rejects.toThrow(
        `directory is ${each}, but ${directory} is a file; name a directory, or one that does not exist`,
      );
    }
  });

  it.each([
    ["notes.txt"],
    ["batches", "parts", "results", "run.json", "sections"],
    // Those of others, with names that a queue has too.
    ["data"],
    ["unfinished"],
  ])("refuses a directory with %s, and leaves it as it is", async (...names) => {
    const directory = mkdtempSync(join(tmpdir(), "llx-jobs-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    for (const name of names) mkdirSync(join(directory, name));
    await expect(createJobQueue({ directory })).rejects.toThrow(
      `the directory ${directory} has other files, such as "${names[0]}": a job queue needs one of its own. Name a directory that is ` +
        "empty or does not exist",
    );
    expect(readdirSync(directory)).toEqual(names);
  });

  it("creates a queue where the process was killed that has begun it, and opens it beside other files", async () => {
    const directory = mkdtempSync(join(tmpdir(), "llx-jobs-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    for (const name of ["llx-jobs.lock", "llx-jobs.pid", ".gitignore"])
      writeFileSync(join(directory, name), "");
    mkdirSync(join(directory, "unfinished"));
    await (await createJobQueue({ directory })).aclose();
    expect(readdirSync(directory).toSorted()).toEqual([".gitignore", "data", "llx-jobs.lock"]);
    writeFileSync(join(directory, "notes.txt"), "");
    await (await createJobQueue({ directory })).aclose();
  }, 60_000);

  it("keeps jobs, keys and results in a directory, which belongs to one queue at a time", async () => {
    const directory = mkdtempSync(join(tmpdir(), "llx-jobs-"));
    const job = defineJob("kept", { handler: (n: number) => n + 1 });
    const first = await createJobQueue({ directory });
    await first.enqueue(job, [1, 2], { key: String });
    await expect(createJobQueue({ directory })).rejects.toThrow(
      `the directory ${directory} is in use by this process`,
    );
    const reading = all(first.results(job)).catch(String);
    const counting = first.counts(job);
    await Promise.all([first.aclose(), first.aclose()]);
    expect(await counting).toMatchObject({ waiting: 2 }); // was in progress, and awaited
    expect(await reading).toBe("Error: the job queue is closed; make a new one");
    await expect(first.enqueue(job, [3])).rejects.toThrow("the job queue is closed");
    expect(() => first.work(job)).toThrow("the job queue is closed");

    const second = await createJobQueue({ directory });
    expect(await second.enqueue(job, [1, 2, 3], { key: String })).toMatchObject({ created: 1, existing: 2 });
    await second.work(job).idle();
    const results = await all(second.results(job));
    expect(new Set(results.map((each) => each.status === "done" && each.result))).toEqual(new Set([2, 3, 4]));
    await second.aclose();
    rmSync(directory, { recursive: true });
  }, 60_000);
});
