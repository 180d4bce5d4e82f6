import { asyncRun } from "@llx/async";
import { openModel } from "./open-model.ts";
import { spendBudget } from "./spend-budget.ts";
import { watchStream } from "./watch-stream.ts";
import { watchWork } from "./watch-work.ts";

/** Shows handlers at work on `count` texts. Ctrl-C and errors close what is open. */
export function run(print: (line: string) => void, count: number): Promise<void> {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`the number of texts must be a whole number from 1, not ${count}`);
  }
  return asyncRun(async (context) => {
    const texts = Array.from({ length: count }, (_, index) => `passage ${index + 1} of many`);
    await watchWork(openModel(context), texts, context, print);
    await spendBudget(openModel(context), texts, context, print);
    await watchStream(context, print);
  });
}
