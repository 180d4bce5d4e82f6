import { mapJobs } from "@llx/async";

let pulled = 0;

async function* lines(): AsyncGenerator<string> {
  try {
    for (; pulled < 1_000_000; pulled++) yield `line ${pulled}`;
  } finally {
    console.log(`the source was closed after ${pulled} lines`);
  }
}

try {
  await mapJobs(
    lines(),
    async (line) => {
      if (line === "line 10") throw new Error(`${line} cannot be read`);
    },
    { workers: 4, total: 1_000_000 },
  );
} catch (error) {
  console.log(String(error));
}
