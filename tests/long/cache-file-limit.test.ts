import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "llx-cache-limit-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Embeds ten texts with a cache of one file each, and tells what was wrong. */
const script = `
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fakeEmbedding, fakeVector } from "@llx/embeddings/testing";
const pathOf = (key) => process.env.FOLDER + "/" + encodeURIComponent(key);
const store = {
  get: (key) => (existsSync(pathOf(key)) ? readFile(pathOf(key), "utf8") : undefined),
  set: (key, value) => writeFile(pathOf(key), value),
};
const errors = [];
let requested = 0;
const model = fakeEmbedding({
  dimensions: 1024,
  cache: { store, onError: ({ operation }) => errors.push(operation) },
  respond: ({ texts }) => void (requested += texts.length),
});
const texts = Array.from({ length: 10 }, (_, n) => "text " + n);
const { embeddings } = await model.getTextEmbeddingBatch(texts);
const wrong = texts.filter((text, n) => fakeVector(text, 1024).some((value, i) => value !== embeddings[n][i])).length;
console.log(JSON.stringify({ wrong, requested, errors: [...new Set(errors)] }));
`;

/** @param limit of each file, in KiB */
function embed(limit: string): unknown {
  const node = resolve("node_modules/.bin/node");
  const printed = execFileSync(
    "bash",
    ["-c", `ulimit -f ${limit}; exec "$0" --input-type=module --eval "$1"`, node, script],
    // Where the built packages can be found.
    { cwd: resolve("examples/quickstart"), encoding: "utf8", env: { ...process.env, FOLDER: folder } },
  );
  return JSON.parse(printed);
}

it("a cache whose files are cut gives no wrong vector, and heals when there is room", () => {
  expect(embed("2")).toEqual({ wrong: 0, requested: 10, errors: ["write"] });
  const sizes = readdirSync(folder).map((name) => statSync(join(folder, name)).size);
  expect(sizes).toEqual(sizes.map(() => 2_048));
  expect(sizes).toHaveLength(10);
  expect(embed("unlimited")).toEqual({ wrong: 0, requested: 10, errors: ["damaged value"] });
  expect(embed("unlimited")).toEqual({ wrong: 0, requested: 0, errors: [] });
});
