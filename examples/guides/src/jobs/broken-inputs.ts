import { InputsError, mapJobs } from "@llx/async";

async function* rows(): AsyncGenerator<string> {
  yield* ["Rome", ""];
  throw new Error("the cursor is closed");
}

async function save(row: string): Promise<void> {
  if (row === "") throw new Error("the row is empty");
}

try {
  await mapJobs(rows(), save, { settle: true });
} catch (error) {
  if (!(error instanceof InputsError)) throw error;
  console.log(error.message);
  for (const [index, { status }] of error.outcomes.entries()) console.log(`row ${index}: ${status}`);
}
