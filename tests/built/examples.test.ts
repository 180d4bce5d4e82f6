import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { runExample, startExample } from "./run-example.ts";

const examples = [
  {
    name: "heroku-async",
    provider: "Heroku",
    dimensions: 1024,
    embeddings: 4,
    similarities: 6,
    env: (url: string) => ({ EMBEDDING_KEY: "inf-secret-key", EMBEDDING_URL: url }),
    key: "inf-secret-key",
  },
  {
    name: "isaacus-async",
    provider: "Isaacus",
    dimensions: 1792,
    embeddings: 6,
    similarities: 4,
    env: (url: string) => ({ ISAACUS_API_KEY: "iuak_v1_secret_checksum", ISAACUS_BASE_URL: `${url}/v1` }),
    key: "iuak_v1_secret_checksum",
  },
];

describe.each(examples)("the example $name", ({ name, provider, env, key, ...expected }) => {
  it("runs without a key, says so, and prints its results", async () => {
    const { code, stdout, stderr } = await runExample(name);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      new RegExp(`^No ${provider} key in the environment .*: using a fake server on http://127\\.0\\.0\\.1:`),
    );
    expect(stdout.match(/^Text [1-4]: .{50,60}\.\.\.$/gm)).toHaveLength(4);
    expect(stdout.match(/^Dimension: (\d+)$/gm)).toEqual(
      new Array(expected.embeddings).fill(`Dimension: ${expected.dimensions}`),
    );
    expect(stdout.match(/^First five values: (-?\d\.\d{4}, ){4}-?\d\.\d{4}$/gm)).toHaveLength(
      expected.embeddings,
    );
    expect(stdout).toContain("\nGenerated 4 embeddings\n");
    expect(stdout.match(/^Similarity of .*: -?\d\.\d{4}$/gm)).toHaveLength(expected.similarities);
  });

  it("reports in one line that no server responds, without the key", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await once(server, "close");
    const { code, stdout, stderr } = await runExample(name, env(url));
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^${name}: no connection to ${provider} at ${url}: [^\\n]+\\n$`));
    expect(stdout + stderr).not.toContain(key);
  });

  it("stops cleanly on Ctrl-C", async () => {
    const server = createServer(); // Nothing is ever answered.
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { child, printed } = startExample(
        name,
        env(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
      );
      const closed = once(child, "close");
      await Promise.race([once(server, "request"), closed]);
      child.kill("SIGINT");
      expect(await closed).toEqual([130, null]);
      expect(printed.stderr).toBe("\nInterrupted: everything is closed.\n");
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
