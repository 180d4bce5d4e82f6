import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const words =
  "the moon pulls water of oceans so it rises and falls twice a day bees dance in hive to tell each other where " +
  "flowers are dough rests warm place until yeast has doubled its size violin strings tuned fifth apart";
const vocabulary = words.split(" ");

/** Writes documents of about ten distinct passages each. */
export async function writeCorpus(folder: string, documents: number, passagesOfEach: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  let next = 1;
  const word = (): string => {
    next = (Math.imul(next, 1_664_525) + 1_013_904_223) >>> 0;
    return vocabulary[Math.floor((next / 2 ** 32) * vocabulary.length)]!;
  };
  for (let document = 0; document < documents; document++) {
    const passages = Array.from(
      { length: passagesOfEach },
      (_, at) => `# Passage ${document}.${at}\n\n${Array.from({ length: 70 }, word).join(" ")}.\n`,
    );
    // oxlint-disable-next-line no-await-in-loop -- it is not measured
    await writeFile(join(folder, `${document}.md`), passages.join("\n"));
  }
}
