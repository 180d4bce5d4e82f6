import { retry } from "@llx/async";

let calls = 0;
async function connect(): Promise<string> {
  if (++calls < 3) throw new Error("refused");
  return "connected";
}

const state = await retry(connect, {
  attempts: 5,
  delay: 10,
  onRetry: (error, { attempt }) => console.log(`attempt ${attempt}: ${(error as Error).message}`),
});
console.log(state);
