import { mapJobs } from "@llx/async";

let pulled = 0;

async function* lines(): AsyncGenerator<string> {
  try {
    while (pulled < 1_000_000) yield `line ${++pulled}`;
  } finally {
    console.log(`the source was closed after ${pulled} lines`);
  }
}

async function store(line: string): Promise<void> {
  if (line === "line 10") throw new Error(`${line} cannot be read`);
}

try {
  await mapJobs(lines(), store, { workers: 4, total: 1_000_000 });
} catch (error) {
  console.log(String(error));
}
