import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { appendFile, readFile, rename, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncRun, type AsyncRunContext } from "@llx/async";
import { fakeEmbedding } from "@llx/embeddings/testing";

const folder = mkdtempSync(join(tmpdir(), "texts-"));
const vectorsFile = join(folder, "vectors.jsonl");
const failedFile = join(folder, "failed.json");
const texts = Array.from({ length: 1000 }, (_, index) => `${index % 400 === 7 ? "bad " : ""}text ${index}`);
let paid = 0;

function respond(request: { readonly texts: readonly string[] }): void {
  if (request.texts.some((text) => text.startsWith("bad"))) {
    throw Object.assign(new Error("400: a text is not accepted"), { status: 400, retryable: false });
  }
  paid += request.texts.length;
}
const openModel = () => fakeEmbedding({ limits: { inputs: 100 }, respond });

interface Failed {
  readonly index: number;
  readonly reason: string;
}

async function run({ signal, own }: AsyncRunContext): Promise<void> {
  const model = own(openModel()); // or openaiEmbedding(), localEmbedding(), …
  const indexes = existsSync(failedFile)
    ? (JSON.parse(await readFile(failedFile, "utf8")) as Failed[]).map(({ index }) => index)
    : [...texts.keys()];
  const these = indexes.map((index) => texts[index]!);
  const { embeddings, failed } = await model.getTextEmbeddingBatch(these, { settle: true, signal });

  const lines: string[] = [];
  for (const [at, embedding] of embeddings.entries()) {
    if (embedding === undefined) continue; // it is among the failed
    lines.push(`${JSON.stringify({ index: indexes[at], vector: Array.from(embedding) })}\n`);
  }
  await appendFile(vectorsFile, lines.join(""));
  const left = failed.map(({ index: at, error }): Failed => {
    const index = indexes[at]!; // its message names the place among `these`
    return { index, reason: String(error).replace(`texts[${at}]`, `texts[${index}]`) };
  });
  await writeFile(`${failedFile}.new`, JSON.stringify(left));
  await rename(`${failedFile}.new`, failedFile); // whole, even if a second Ctrl-C ends this at once
  console.log(`${these.length - left.length} embedded, ${left.length} failed`);
}

await asyncRun(run);
console.log(await readFile(failedFile, "utf8"));
for (const index of [7, 407, 807]) texts[index] = `text ${index}`; // what was wrong with them is corrected
await asyncRun(run); // as the program's next start would
const saved = (await readFile(vectorsFile, "utf8")).trim().split("\n").length;
console.log(`${saved} vectors saved, ${paid} texts paid for`);

rmSync(folder, { recursive: true });
